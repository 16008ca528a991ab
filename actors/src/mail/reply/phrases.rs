//! What mail programs write around a quote, language by language.
//!
//! Alternatives are parted by `|`, which keeps the tables small. They are written as the programs
//! write them: capitals count, or every sentence with "on" and "wrote" in it would be a header.

/// How the line above a quote begins and what it says: `On DATE, NAME wrote:`.
pub(super) struct Attribution {
    /// Its first words.
    pub(super) opens: &'static str,
    /// Its verb, which ends it.
    pub(super) says: &'static str,
}

const fn row(opens: &'static str, says: &'static str) -> Attribution {
    Attribution { opens, says }
}

/// Headers that begin with a preposition and end with the verb.
pub(super) const ATTRIBUTIONS: [Attribution; 17] = [
    row("On|At", "wrote"),
    row("Le", "écrit"),
    row("El", "escribió"),
    row("Il|In data", "scritto"),
    row("Em|No dia", "escreveu"),
    row("Op", "geschreven"),
    row("W dniu|Dnia", "pisze|napisał|napisała|napisał(a)"),
    row("Wiadomość napisana przez", ""),
    row("Dne|Dňa", "napsal|napsala|napsal(a)|napísal|napísala|napísal(a)"),
    row("Pe|La", "a scris"),
    row("Στις|Την", "έγραψε"),
    row("Dana|U", "je napisao|je napisala|je napisao/la"),
    row("Vào", "đã viết"),
    row("Pada", "menulis"),
    row("Den", "skrev"),
    row("在|於|于", "写道|寫道"),
    row("עכשיו|בתאריך", "כתב|כתבה"),
];

/// Headers that begin likewise, and name the writer after the verb: `Am DATE schrieb NAME:`.
pub(super) const INVERTED: [Attribution; 3] =
    [row("Am", "schrieb"), row("Op", "schreef"), row("Den", "skrev")];

/// Verbs that end a header which begins with a date or a name.
pub(super) const SAYS: &str = "wrote|écrit|escribió|scritto|escreveu|schrieb|schreef|geschreven|\
     skrev|kirjoitti|pisze|napisał|napisała|napisał(a)|napsal|napsala|napsal(a)|napísal|\
     napísal(a)|написал|написала|написал(а)|пишет|написав|написала|пише|a scris|έγραψε|yazdı|\
     作成|のメッセージ|のメール|写道|寫道|작성|작성함|썼습니다|đã viết|menulis|כתב|כתבה|كتب|كتبت";

/// Verbs within a header that begins with a date.
pub(super) const SAYS_WITHIN: &str = "schrieb|schreef|skrev";

/// First persons: "On Monday I wrote:" is a sentence of the writer's own.
pub(super) const SELVES: &str = "I|we|ich|wir|ik|wij|jag|jeg|vi|j'ai|j’ai|ho|he|ja|я|мы";

/// What stands between dashes above a forwarded or quoted mail, in small letters.
pub(super) const ORIGINALS: &str = "original message|message d'origine|message original|\
     ursprüngliche nachricht|originalnachricht|oprindelig besked|oprindelig meddelelse|\
     mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|\
     ursprungligt meddelande|originalmeddelande|opprinnelig melding|alkuperäinen viesti|\
     wiadomość oryginalna|oryginalna wiadomość|původní zpráva|pôvodná správa|mesaj original|\
     исходное сообщение|пересылаемое сообщение|оригінальне повідомлення|orijinal mesaj|\
     αρχικό μήνυμα|元のメッセージ|原始邮件|邮件原件|原始郵件|원본 메시지";

/// The field that begins the headers of a mail, as mail programs repeat them above a quote.
pub(super) const FROM: &str = "From|Von|De|Van|Da|Fra|Från|Od|От|Від|Lähettäjä|Kimden|Gönderen|\
     De la|Από|发件人|寄件者|差出人|보낸 사람|보낸사람|מאת|من";

/// The fields that follow it.
pub(super) const FIELDS: &str = "Sent|Date|To|Cc|CC|Subject|Gesendet|Datum|An|Betreff|Envoyé|\
     Envoyé le|À|A|Objet|Sujet|Enviado|Enviado el|Enviado em|Enviada em|Fecha|Para|Asunto|Assunto|\
     Data|Inviato|Oggetto|Verzonden|Aan|Onderwerp|Skickat|Till|Ämne|Sendt|Dato|Til|Emne|Wysłano|\
     Wysłane|Do|Temat|Lähetetty|Päivämäärä|Vastaanottaja|Aihe|Odesláno|Komu|Předmět|Отправлено|\
     Дата|Кому|Тема|Копия|Надіслано|Gönderilme|Tarih|Kime|Konu|发送时间|日期|收件人|抄送|主题|寄件日期|\
     收件者|主旨|送信日時|日時|宛先|件名|보낸 날짜|날짜|받는 사람|제목";

/// How a program or a device says that it sent the mail: beginning and end of the line.
pub(super) const SENT_FROM: [(&str, &str); 42] = [
    ("Sent from ", ""),
    ("Get Outlook for ", ""),
    ("Von ", " gesendet"),
    ("Gesendet von ", ""),
    ("Gesendet mit ", ""),
    ("Outlook für ", " beziehen"),
    ("Holen Sie sich Outlook für ", ""),
    ("Sendt fra ", ""),
    ("Hent Outlook ", ""),
    ("Skickat från ", ""),
    ("Hämta Outlook för ", ""),
    ("Envoyé depuis ", ""),
    ("Envoyé de mon ", ""),
    ("Envoyé de ma ", ""),
    ("Envoyé à partir de ", ""),
    ("Obtenir Outlook pour ", ""),
    ("Télécharger Outlook pour ", ""),
    ("Enviado desde ", ""),
    ("Obtener Outlook para ", ""),
    ("Enviado do ", ""),
    ("Enviado a partir do ", ""),
    ("Obter o Outlook para ", ""),
    ("Inviato da ", ""),
    ("Inviato dal ", ""),
    ("Scarica Outlook per ", ""),
    ("Verzonden vanaf ", ""),
    ("Verstuurd vanaf ", ""),
    ("Outlook voor ", " downloaden"),
    ("Lähetetty iP", "sta"),
    ("Lähetetty Outlook", ""),
    ("Wysłane z ", ""),
    ("Pobierz aplikację Outlook dla ", ""),
    ("Odesláno z ", ""),
    ("Odoslané z ", ""),
    ("Trimis de pe ", ""),
    ("Отправлено с ", ""),
    ("Отправлено из ", ""),
    ("Надіслано з ", ""),
    ("", "umdan gönderildi"),
    ("", "から送信"),
    ("发自我的", ""),
    ("나의 ", "에서 보냄"),
];
