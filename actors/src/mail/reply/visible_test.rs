//! Each rule of what is visible in a reply, and what must not be taken for a quote or a signature.

use super::visible;

/// A header above a quote that nothing else marks is hidden with what is below it.
fn hides(header: &str) {
    let text = format!("Yes, please.\n\n{header}\n\nShall we send it?\n");
    assert_eq!(visible(&text), "Yes, please.", "{header}");
}

fn keeps(line: &str) {
    let text = format!("Yes, please.\n\n{line}\n\nIs that all?");
    assert_eq!(visible(&text), text, "{line}");
}

#[test]
fn headers_of_many_languages_and_orders_hide_the_quote_below() {
    for header in [
        "On Tue, Dec 1, 2020 at 1:00 PM Jane Doe <jane@x.test> wrote:",
        "On Nov 26, 2013 you wrote:",
        "On Wed, 14 Nov 2018 08:14:43 -0200 John Doe <john@x.test> wrote",
        "---- On Wed, 24 Feb 2021 14:02:50 +0530 john@x.test wrote ----",
        "At 10:30 AM 12/1/2020, Jane Doe wrote:",
        "Jane Doe on 12/1/2020 at 10:30 wrote:",
        "Jane Doe <jane@x.test> wrote:",
        "Le mar. 1 déc. 2020 à 13:00, Jean <jean@x.test> a écrit\u{a0}:",
        "El mar, 1 dic 2020 a las 13:00, Ana (<ana@x.test>) escribió:",
        "Il giorno mar 1 dic 2020 alle ore 13:00 Ugo <ugo@x.test> ha scritto:",
        "In data 1 dicembre 2020 13:00:00 Ugo <ugo@x.test> ha scritto:",
        "Em ter., 1 de dez. de 2020 às 13:00, Rui <rui@x.test> escreveu:",
        "No dia 1 de dezembro de 2020, Rui <rui@x.test> escreveu:",
        "Am 01.12.2020 um 13:00 schrieb Max Muster:",
        "Am Di., 1. Dez. 2020 um 13:00 Uhr schrieb Max <max@x.test>:",
        "Max Muster <max@x.test> schrieb:",
        "Op di 1 dec. 2020 om 13:00 schreef Jan <jan@x.test>:",
        "Op 1 dec. 2020 om 13:00 heeft Jan <jan@x.test> het volgende geschreven:",
        "Den tis 1 dec. 2020 kl 13:00 skrev Åsa <asa@x.test>:",
        "1 dec. 2020 kl. 13:00 skrev Åsa <asa@x.test>:",
        "tir. 1. des. 2020 kl. 13:00 skrev Ola <ola@x.test>:",
        "ti 1. jouluk. 2020 klo 13.00 Matti <matti@x.test> kirjoitti:",
        "W dniu 01.12.2020 o 13:00, Jan <jan@x.test> pisze:",
        "wt., 1 gru 2020 o 13:00 Jan <jan@x.test> napisał(a):",
        "Dne 1. 12. 2020 v 13:00 Petr napsal(a):",
        "út 1. 12. 2020 v 13:00 odesílatel Petr <petr@x.test> napsal:",
        "Pe mar., 1 dec. 2020 la 13:00, Ion <ion@x.test> a scris:",
        "Στις Τρί 1 Δεκ 2020 στις 13:00 Νίκος <nikos@x.test> έγραψε:",
        "вт, 1 дек. 2020 г. в 13:00, Анна <anna@x.test>:",
        "1 дек. 2020 г., в 13:00, Анна <anna@x.test> написал(а):",
        "01.12.2020 13:00, Анна пишет:",
        "Вторник, 1 декабря 2020, 13:00 +03:00 от Анна <anna@x.test>:",
        "вт, 1 груд. 2020 р. о 13:00 Анна <anna@x.test> пише:",
        "Ali <ali@x.test>, 1 Ara 2020 Sal, 13:00 tarihinde şunu yazdı:",
        "2020年12月1日(火) 13:00 山田 <yamada@x.test>:",
        "2020/12/01 13:00、山田 <yamada@x.test>のメッセージ:",
        "在 2020年12月1日，下午1:00，张三 <zhang@x.test> 写道：",
        "张三 <zhang@x.test> 于2020年12月1日周二 13:00写道：",
        "2020. 12. 1. 오후 1:00, 김철수 <kim@x.test> 작성:",
        "2020년 12월 1일 (화) 오후 1:00, 김철수 <kim@x.test>님이 작성:",
        "Vào 13:00 ngày 1 thg 12, 2020 An <an@x.test> đã viết:",
        "\u{202b}בתאריך יום ג׳, 1 בדצמ׳ 2020 ב-13:00 מאת \u{202a}Dana\u{202c} \
         <\u{202a}dana@x.test\u{202c}>:\u{202c}",
        "2020-12-01 13:00 GMT+01:00 Jane Doe <jane@x.test>:",
        "11:00 AM, November 17, 2021, \"Jane\" <jane@x.test>:",
        "Wednesday, 17 November 2021, 3:32 PM +0300 from jane@x.test <jane@x.test>:",
    ] {
        hides(header);
    }
}

#[test]
fn headers_are_found_where_the_mail_program_wrapped_them() {
    for header in [
        "On Tue, Dec 1, 2020 at 1:00 PM Jane Doe <jane@x.test>\nwrote:",
        "On Tue, Dec 1, 2020 at 1:00 PM Jane Doe <\njane.with.a.long.name@x.test> wrote:",
        "On Tue, Dec 1, 2020 at\n1:00 PM Jane Doe\n<jane@x.test>\nwrote:",
        "Le mar. 1 déc. 2020 à 13:00, Jean\r\nLe Goff <jean@x.test> a\r\nécrit :",
        "Op di 1 dec. 2020 om 13:00 schreef Jan <\njan@x.test>:",
        "Ali <ali@x.test>, 1 Ara 2020 Sal, 13:00 tarihinde şunu\nyazdı:",
        "2020-12-01 13:00 GMT+01:00 Jane Doe\n<jane@x.test>:",
        "From: Jane Doe\n<jane@x.test>",
    ] {
        hides(header);
    }
}

#[test]
fn original_messages_and_repeated_fields_hide_the_quote_below() {
    for header in [
        "-----Original Message-----",
        "----- original message -----",
        "-----Ursprüngliche Nachricht",
        "-------- Message d'origine --------",
        "-------- Mensaje original --------",
        "-----Исходное сообщение-----",
        "------------------ 原始邮件 ------------------",
        "From: Jane Doe <jane@x.test>\nSent: Tuesday, December 1, 2020 1:00 PM\nTo: Us",
        "From : Jane Doe [mailto:jane@x.test]",
        "Von: Jane Doe <jane@x.test>\nGesendet: Dienstag, 1. Dezember 2020",
        "De : Jane Doe<mailto:jane@x.test>\nEnvoyé le :mardi 1 décembre 2020",
        "Från: Jane Doe <jane@x.test>\nSkickat: den 1 december 2020",
        "发件人: 张三 <zhang@x.test>\n发送时间: 2020年12月1日",
        "From: Jane Doe\nSent: Tuesday, December 1, 2020\nTo: Us\nCc: Them\nSubject: Orders",
        "Da: Jane Doe\nInviato: martedì 1 dicembre 2020\nA: noi\nOggetto: Ordini",
    ] {
        hides(header);
    }
}

#[test]
fn sentences_are_no_headers() {
    for line in [
        "On the one hand, it works.",
        "On average, it took him 20 minutes.",
        "One thing that he wrote:",
        "On Monday at 10:30 I wrote:",
        "Am 12.05. schrieb ich Ihnen:",
        "In 2016 the manual said:",
        "On the phone he wrote:",
        "Le client a écrit :",
        "Il cliente ha scritto:",
        "On page 12 you wrote",
        "From: Berlin\nTo: Paris\nDate: 12 May",
        "To: nobody <nobody@x.test>",
        "--------------------------------",
        "- Original message of the day",
        "My address: <jane@x.test>",
        "https://x.test/2020/on/at/wrote:",
    ] {
        keeps(line);
    }
    keeps(&format!("Sent from {}", "the office, where it rains, ".repeat(5)));
}

#[test]
fn a_header_takes_no_words_above_it_along() {
    let quote = "On Dec 15, 2024, at 3:00 PM, Jane <jane@x.test> wrote:\n> Done?";
    assert_eq!(visible(&format!("On balance, yes.\n{quote}")), "On balance, yes.");
    let wrapped = "On Dec 15, 2024, at 3:00 PM, Jane <jane@x.test>\nwrote:\n> Done?";
    for words in ["On balance, yes.", "On balance, yes.\nThanks", "La vita è bella.", "<3"] {
        assert_eq!(visible(&format!("{words}\n{wrapped}")), words);
    }
    let named = "Jane <jane@x.test> wrote:\n> Done?";
    let text = format!("See <https://x.test/>\n{named}");
    assert_eq!(visible(&text), "See <https://x.test/>");
}

#[test]
fn quotes_are_hidden_and_answers_between_and_below_them_are_not() {
    assert_eq!(visible("> Shall we?\n\nYes."), "Yes.");
    assert_eq!(visible("> Red?\nYes.\n> Blue?\n\nNo.\n> Green?"), "Yes.\n\nNo.");
    let inline = "On 1 May 2020 Jane wrote:\n> Red?\n\nYes.\n\n> Blue?\n>> Or cyan?\n\nNo.\n";
    assert_eq!(visible(inline), "Yes.\n\nNo.");
    assert_eq!(visible("a > b\n  > c"), "a > b\n  > c", "only at the beginning of the line");
}

#[test]
fn a_header_without_an_empty_line_above_counts_above_a_marked_quote_alone() {
    let header = "On Tue, Dec 1, 2020 at 1:00 PM Jane <jane@x.test> wrote:";
    assert_eq!(visible(&format!("Yes.\n{header}\n> Shall we?\n")), "Yes.");
    let unmarked = format!("Yes.\n{header}\nShall we?");
    assert_eq!(visible(&unmarked), unmarked);
}

#[test]
fn signatures_are_hidden() {
    for signature in [
        "-- \nJane Doe",
        "--\nJane Doe",
        "____\nJane Doe",
        "====\nJane Doe",
        "________________________________\nFrom: Jane",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android<https://x.test>",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPad",
        "Skickat från min iPhone",
        "Sendt fra min iPhone",
        "Lähetetty iPhonesta",
        "Wysłane z iPhone'a",
        "Odesláno z iPhonu",
        "Отправлено с iPhone",
        "iPhone’umdan gönderildi",
        "iPhoneから送信",
        "发自我的iPhone",
        "나의 iPhone에서 보냄",
        "Get Outlook for iOS<https://x.test>",
        "Regards,\nJane Doe",
        "Kind regards\n\nJane Doe\nCEO",
        "Thanks and regards,\nJane",
        "Cheers!\nJane",
        "Bien cordialement,\nJeanne",
        "In data 1 maggio 2020 Ugo <ugo@x.test> ha scritto:\nCiao!",
    ] {
        for above in ["\n", "\n\n"] {
            let text = format!("Yes, please.{above}{signature}\n\n");
            assert_eq!(visible(&text), "Yes, please.", "{text}");
        }
    }
}

#[test]
fn sentences_and_lines_are_no_signatures() {
    for line in [
        "-- first point",
        "-----",
        "__init__",
        "=",
        "It was sent from my iPhone",
        "Sent from",
        "With regards to the order, it is late",
        "In this regards we wait",
        "Cheers for that",
        "Outlook voor alles",
    ] {
        keeps(line);
    }
}

#[test]
fn what_is_above_a_signature_and_below_a_quote_is_kept_as_it_is_written() {
    let text = "\n\n    let x = 1;\n\ttabs\u{a0}\n\n\nend  \n\n-- \nme";
    assert_eq!(visible(text), "    let x = 1;\n\ttabs\u{a0}\n\n\nend");
}

#[test]
fn the_whole_is_shown_where_nothing_would_be() {
    assert_eq!(visible(""), "");
    assert_eq!(visible(" \r\n\n"), "");
    for text in ["> only\n> quotes", "\n\nSent from my iPhone\n", "-- \nme", "\n--\nme"] {
        let shown = text.trim_end().trim_start_matches('\n');
        assert_eq!(visible(text), shown);
    }
}

#[test]
fn what_needs_no_joining_is_not_copied() {
    use std::borrow::Cow::{Borrowed, Owned};
    assert!(matches!(visible("Yes.\n\n-- \nme"), Borrowed("Yes.")));
    assert!(matches!(visible("Yes.\n> No?\nNo."), Owned(_)));
}
