//! What comes out of HTML, and how much of it.

use super::scan::{Piece, Scan};
use super::*;
use serde::Deserialize;

fn safe(html: &str) -> String {
    safe_html(html, &Images::default()).expect("it is short").html
}

/// What may be in what comes out, tag by tag.
fn check(html: &str) {
    for piece in Scan::new(html) {
        let Piece::Start(tag) = piece else { continue };
        assert!(nest::ELEMENTS.contains(&tag.name), "<{}> in {html}", tag.name);
        for (name, value) in tag.attributes {
            let is_address = matches!((tag.name, name), ("a", "href") | ("img", "src"));
            let is_ours = matches!((tag.name, name), ("a", "target" | "rel"));
            let is_known = nest::ATTRIBUTES.contains(&name);
            assert!(is_address || is_ours || is_known, "{name} of <{}> in {html}", tag.name);
            let scheme = value.split(':').next().unwrap_or_default();
            assert!(!is_address || SCHEMES.contains(&scheme), "{value}");
            assert!(name != "style" || !value.contains(['\\', '@']), "{value}");
        }
    }
}

fn starts(html: &str) -> usize {
    Scan::new(html).filter(|piece| matches!(piece, Piece::Start(_))).count()
}

#[test]
fn what_is_on_the_list_stays_and_the_rest_goes() {
    let rel = "target=\"_blank\" rel=\"noopener noreferrer nofollow\"";
    for (html, expected) in [
        ("Hello &amp; <B CLASS=x>welcome</b>", "Hello &amp; <b>welcome</b>".into()),
        ("a < b <3 & c", "a &lt; b &lt;3 &amp; c".into()),
        ("<p id=x onclick=y>a<script>b</script>c", "<p>ac</p>".into()),
        ("<form><input>a</form><button>b</button>", "ab".into()),
        ("<o:p>a</o:p><custom-tag>b</custom-tag>", "ab".into()),
        (
            "<a href='https://x.test/?a=1&b=2'>x</a>",
            format!("<a href=\"https://x.test/?a=1&amp;b=2\" {rel}>x</a>"),
        ),
        (
            "<a href=mailto:a@b.c>x</a><a href=tel:1>y</a>",
            format!("<a href=\"mailto:a@b.c\" {rel}>x</a><a href=\"tel:1\" {rel}>y</a>"),
        ),
        ("<a href=javascript:x>x</a>", format!("<a {rel}>x</a>")),
        ("<a href=/x>x</a><a href='#y'>y</a>", format!("<a {rel}>x</a><a {rel}>y</a>")),
        (
            "<p style='color:#f00;position:fixed;background-color: rgb(1, 2, 3)'>x",
            "<p style=\"color:#f00;background-color:rgb(1, 2, 3)\">x</p>".into(),
        ),
        ("<p style='color:red;background:url(http://x)'>x", "<p>x</p>".into()),
        ("<p style='color:expression(1)'>x<p style='col\\6fr:red'>y", "<p>x</p><p>y</p>".into()),
        ("<td>a</td><tr>b", "ab".into()),
        ("<!doctype html><html><head><title>t</title></head><body>a<!-- b -->", "a".into()),
    ] as [(&str, String); 14]
    {
        assert_eq!(safe(html), expected, "{html}");
    }
}

#[test]
fn every_element_has_its_end_where_a_browser_would_put_it() {
    for (html, expected) in [
        ("<p>a<p>b<div>c</p>d", "<p>a</p><p>b</p><div>cd</div>"),
        ("<p><b>a<p>b</b>c", "<p><b>a</b></p><p>bc</p>"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>d"),
        ("<dl><dt>a<dd>b<dt>c", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        ("<h1>a<h2>b", "<h1>a</h1><h2>b</h2>"),
        ("<a>a<a>b", "ab"),
        ("<i>a<b>b</i>c</b>d", "<i>a<b>b</b></i>cd"),
        ("</div>a<br></br><img>", "a<br><img>"),
        (
            "<table><tr><td>a<td>b<tr><th>c</table>d",
            "<table><tbody><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></tbody></table>d",
        ),
        (
            "<table>a<td></div></p>b</table>",
            "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>",
        ),
        (
            "<div><table><tr><td></div>a</table>b",
            "<div><table><tbody><tr><td>a</td></tr></tbody></table>b</div>",
        ),
    ] {
        let safe = safe(html).replace(" target=\"_blank\"", "");
        let safe = safe.replace("<a rel=\"noopener noreferrer nofollow\">", "").replace("</a>", "");
        assert_eq!(safe, expected, "{html}");
    }
}

#[test]
fn images_are_those_of_the_mail_and_others_only_where_asked_for() {
    let html = "<img src=cid:a@b alt=1><img src='CID:c'><img src=https://x.test/p.gif width=1>\
        <img src=//x.test/q><img src=data:image/png;base64,AA><img src=x><img srcset='/x 1x'>";
    let link = "https://desk.test/files/l".to_string();
    let mut images = Images { remote: false, files: [("a@b".to_string(), link)].into() };
    let blocked = safe_html(html, &images).expect("short");
    let own = "<img src=\"https://desk.test/files/l\" alt=\"1\"><img>";
    assert_eq!(blocked.html, format!("{own}<img width=\"1\"><img><img><img><img>"));
    assert_eq!(blocked.images_blocked, 2);
    images.remote = true;
    let shown = safe_html(html, &images).expect("short");
    let theirs = "<img src=\"https://x.test/p.gif\" width=\"1\"><img src=\"https://x.test/q\">";
    assert_eq!(shown.html, format!("{own}{theirs}<img><img><img>"));
    assert_eq!(shown.images_blocked, 0);
}

#[test]
fn a_file_of_the_mail_is_found_however_its_id_is_written() {
    let names = ["a+b&c%d@x y", "plain@x"];
    let files = names.map(|name| (name.to_string(), format!("https://desk.test/{}", name.len())));
    let images = Images { remote: false, files: files.into() };
    for (source, length) in [
        ("cid:a+b&amp;c%d@x y", 11),
        ("cid:a%2Bb%26c%25d%40x%20y", 11),
        ("cid:a+b&c%25d@x%20y", 11),
        ("cid:plain%40x", 7),
    ] {
        let safe = safe_html(&format!("<img src=\"{source}\">"), &images).expect("short");
        let expected = format!("<img src=\"https://desk.test/{length}\">");
        assert_eq!(safe.html, expected, "{source}");
    }
    let other = safe_html("<img src='cid:plain%2540x'>", &images).expect("short");
    assert_eq!(other.html, "<img>", "decoded once");
}

#[derive(Deserialize)]
struct Hostile {
    name: String,
    html: Html,
    #[serde(default)]
    refused: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Html {
    Text(String),
    Pieces(Vec<Run>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Run {
    Once(String),
    Often(String, usize),
}

/// The mails that `tests/edge/html.test.mjs` opens in a browser.
fn hostile() -> Vec<Hostile> {
    let text = include_str!("../../../../tests/corpus/html/hostile.json");
    serde_json::from_str(text).expect("it is JSON of this form")
}

impl Html {
    fn text(&self) -> String {
        let run = |run: &Run| match run {
            Run::Once(text) => text.clone(),
            Run::Often(text, count) => text.repeat(*count),
        };
        let html = match self {
            Self::Text(text) => text.clone(),
            Self::Pieces(runs) => runs.iter().map(run).collect(),
        };
        html.replace("{run}", "alert(1)").replace("{trap}", "http://x.test")
    }
}

#[test]
fn hostile_mails_come_out_harmless_or_are_refused() {
    for mail in hostile() {
        let html = mail.html.text();
        match safe_html(&html, &Images::default()) {
            Ok(safe) => {
                assert!(!mail.refused, "{}", mail.name);
                check(&safe.html);
                assert!(self::safe(&safe.html) == safe.html, "{}", mail.name);
            }
            Err(TooLong) => assert!(mail.refused, "{}", mail.name),
        }
    }
}

/// As `tests/edge/html.test.mjs` has it of the Worker, where the runtime reads the names.
#[test]
fn a_link_is_kept_where_its_host_has_a_name() {
    let hosts = include_str!("../../../../tests/corpus/html/hosts.json");
    let hosts: Vec<(String, Option<String>)> = serde_json::from_str(hosts).expect("JSON");
    for (host, name) in hosts {
        let safe = safe(&format!("<a href=\"http://{host}/\">x</a>"));
        assert_eq!(safe.contains("href="), name.is_some(), "{host}");
    }
}

/// What a browser's parser takes square time or space for, and what it repeats.
#[test]
fn what_comes_out_grows_with_what_went_in_and_no_faster() {
    let long = "A".repeat(4_000);
    for (before, piece) in [
        ("", "<div>"),
        ("", "<ul><li>"),
        ("", "<b><p>"),
        ("", "<table><tr><td>"),
        ("<table><b><i><u>", "<tr>x"),
        ("<p><b title=1><b title=2><b title=3><i><u><a href='http://x'>", "<p>x"),
        (&format!("<p><a href='http://x/{long}'>"), "<p>x"),
        (&format!("<table><a href='http://x/{long}'>"), "<tr>x"),
        (&format!("<ul><b><font color='{long}'>"), "<li>x<h1>y"),
        ("<font><font><font>", "</p><table></font>x"),
    ] {
        let html = format!("{before}{}", piece.repeat(20_000));
        let safe = safe(&html);
        check(&safe);
        assert!(safe.len() < 6 * html.len(), "{piece}: {} of {}", safe.len(), html.len());
        assert!(starts(&safe) < 4 * starts(&html), "{piece}");
    }
    assert_eq!(safe_html(&"a".repeat(HTML_BYTES_MAX + 1), &Images::default()), Err(TooLong));
    for many in ["<", "&", "<a ", "<!--", "</", "<a b='", "<style>", "-", "<!-- -", "a=\"b\" "] {
        for html in [format!("<p {}", many.repeat(90_000)), many.repeat(90_000)] {
            let safe = safe(&html);
            check(&safe);
            assert!(safe.len() < 6 * html.len(), "{many}: {} of {}", safe.len(), html.len());
        }
        let more = many.repeat(200_000);
        let marks = more.matches(['<', '&']).count();
        assert_eq!(safe_html(&more, &Images::default()).is_err(), marks > 0, "{many}");
    }
}

#[test]
fn any_soup_comes_out_harmless_and_stays_as_it_is() {
    let spices = [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<a href='http://x'>",
        "</a>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<li>",
        "<ul>",
        "</ul>",
        "<div>",
        "</div>",
        "<h1>",
        "<svg>",
        "</svg>",
        "<math>",
        "<style>",
        "</style>",
        "<!--",
        "-->",
        "<template>",
        "</template>",
        "<select>",
        "<font color=red>",
        "</font>",
        "x",
        " ",
        "&lt;",
        "&",
        "<",
        ">",
        "\"",
        "'",
        "=",
        "/",
        "\0",
        "<img src=x onerror=y>",
        "<a title=\"",
        "<i",
        "<![CDATA[",
        "]]>",
        "<noscript>",
        "ä",
        "\r",
        "<frameset>",
        "<form>",
        "</form>",
        "<caption>",
        "<col>",
        "<nobr>",
        "<button>",
        "</tr>",
        "<dd>",
        "<tbody>",
        "<hr>",
        "<xmp>",
        "<textarea>",
        "</textarea>",
        "<center>",
        "<br/>",
    ];
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    for _ in 0..4_000 {
        let count = random(60);
        let soup: String = (0..count).map(|_| spices[random(spices.len())]).collect();
        let once = safe(&soup);
        check(&once);
        assert_eq!(safe(&once), once, "{soup}");
        assert!(starts(&once) <= 4 * count, "{soup}");
    }
}
