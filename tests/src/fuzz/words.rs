//! What mail and servers are written with: the words that a damaged input gets more of.

/// Of mail.
#[rustfmt::skip]
pub const MAIL: &[&str] = &[
    "\r\n", "\n", "\r", "\0", "\r\n\r\n", "\r\n ", "\r\n\t", "--", "--b", "--b--\r\n", "=",
    "=\r\n", "=3D", "=E4", "=?utf-8?q?=e4?=", "=?utf-8?b?w6Q=?=",
    "=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "=?x?q??=", "=?utf-8*en?Q?a_b?=", "=?", "?=", "<", ">",
    "<a@b.c>", "<>", "a@b.c", "@", "\"", "\\", "\\\"", "(", ")", ";", ":", ",",
    "undisclosed-recipients:;", "; boundary=b", "; boundary=\"", "; charset=utf-16",
    "; charset=utf-7", "; charset=gb18030", "; charset=\"\0\"", "; charset=",
    "; filename*0*=utf-8''%e4", "; filename*1=b", "; filename=\"../../x\"", "; name*=x'y'%",
    "%00", "; format=flowed", "; report-type=delivery-status", "; type=\"text/html\"",
    "multipart/mixed", "multipart/alternative", "multipart/related", "multipart/report",
    "multipart/digest", "message/rfc822", "message/delivery-status", "message/feedback-report",
    "message/partial", "text/html", "text/plain", "text/rfc822-headers", "text/calendar",
    "application/octet-stream", "application/ms-tnef", "application/pkcs7-mime", "image/png",
    "base64", "quoted-printable", "x-uuencode", "8bit", "binary", "7bit", "begin 644 x\r\n",
    "end\r\n", "AAAA", "====", "<html>", "</html>", "<p>", "<br>", "<a href=\"", "<!--", "-->",
    "<style>", "</style>", "<script>", "<table><tr><td>", "&amp;", "&#x10ffff;", "&#0;", "&",
    "<![CDATA[", "<blockquote>", "<div class=\"gmail_quote\">", "> ", ">> ",
    "On Mon, 1 Jan 2024 at 10:00, A B <a@b.c> wrote:\r\n", "-- \r\n",
    "Am 01.01.2024 um 10:00 schrieb A B:\r\n", "-----Original Message-----\r\n", "________\r\n",
    "Sent from my iPhone\r\n", "Von: a@b.c\r\n", "Status: 5.1.1\r\n", "Action: failed\r\n",
    "Action: delayed\r\n", "Final-Recipient: rfc822; a@b.c\r\n",
    "Diagnostic-Code: smtp; 550 5.1.1 x", "Original-Recipient: rfc822;",
    "Original-Envelope-Id: x\r\n", "Reporting-MTA: dns; x\r\n", "Feedback-Type: abuse\r\n",
    "550 5.1.1 <a@b.c>: no such user", "421 4.7.0", "552 5.2.2 full", "5.7.1", "RCPT TO:<a@b.c>",
    "The following addresses had permanent fatal errors", "<<< 550", ">>> RCPT",
    "X-Failed-Recipients: a@b.c\r\n", "Return-Path: <>\r\n", "Auto-Submitted: auto-replied",
    "{\"notificationType\":\"Bounce\",\"bounce\":{", "\u{feff}", "\u{202e}", "\u{0}", "ä", "日本",
    "\u{1f600}", "\u{2028}", "\u{85}", "Sun, 22 Nov 2026 10:00:00 +0000", "99999999999999999999",
    "-1", "4294967296", "\x1b$B", "\x1b(B", "+AOQ-", "\\N'", "\x7f", "\x08",
];

/// The names of header fields.
#[rustfmt::skip]
pub const FIELDS: &[&str] = &[
    "From", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Sender", "Reply-To", "Return-Path", "Content-Type", "Content-Transfer-Encoding",
    "Content-Disposition", "Content-ID", "Content-Description", "Content-Location",
    "MIME-Version", "Received", "Auto-Submitted", "Precedence", "List-Id", "List-Unsubscribe",
    "X-Postroom-Loop", "X-Failed-Recipients", "Delivered-To", "X-Autoreply",
    "Authentication-Results", "X-Loop", "X-Auto-Response-Suppress", "Disposition-Notification-To",
    "Thread-Index", "Resent-From", "", " From", "From ", "FROM", "Content-Type ", "content-type",
];

/// Of HTML.
#[rustfmt::skip]
pub const HTML: &[&str] = &[
    "<", ">", "</", "/>", "<!--", "-->", "--!>", "<!", "<?", "<![CDATA[", "]]>", "\"", "'", "`",
    "=", "\0", "<script>", "</script>", "<style>", "</style>", "<svg>", "</svg>", "<math>",
    "<mtext>", "<mglyph>", "<foreignObject>", "<annotation-xml encoding=text/html>", "<template>",
    "</template>", "<noscript>", "<title>", "</title>", "<textarea>", "<xmp>", "<plaintext>",
    "<iframe srcdoc='", "<object data=", "<embed src=", "<base href=",
    "<meta http-equiv=refresh content=", "<link rel=stylesheet href=", "<form action=",
    "<input autofocus onfocus=", "<button>", "<select><option>", "<table>", "<tr>", "<td>",
    "</table>", "<caption>", "<p>", "</p>", "<br>", "<a href=", "</a>", "<img src=", "<b>", "<i>",
    "<li>", "<ul>", "<dd>", "<font color=", "<center>", "<o:p>", "<blockquote>", "<pre>", "<hr>",
    "<div>", " onerror=alert(1)", " onload=x", " style=\"", "style='background:url(",
    "color:red;", "expression(", "@import", "\\75rl(", "javascript:", "java\tscript:",
    "&#106;avascript:", "data:text/html,", "vbscript:", "http://x.test/", "//x.test/", "cid:1",
    "mailto:", "tel:1", "&lt;", "&gt;", "&amp;", "&quot;", "&#0;", "&#xd800;", "&#x10ffff;",
    "&notit;", "&", " ", "\n", "\t", "\x0c", "é", "\u{202e}", "\u{2028}", " srcset=",
    " background=", " formaction=", " xlink:href=", " id=x", " name=x", " target=_self",
];

/// Of what SMTP servers say.
#[rustfmt::skip]
pub const SMTP: &[&str] = &[
    "\r\n", "\n", "\r", "\0", " ", "-", "220 ", "220-", "250 ", "250-", "235 ", "334 ", "354 ",
    "421 ", "450 ", "451 ", "500 ", "550 ", "554 ", "999 ", "000 ", "2", "25", "250", "5.1.1 ",
    "2.0.0 ", "4.7.0 ", "5.999.999 ", "5.1 ", "SIZE 1", "SIZE 0", "SIZE 18446744073709551616",
    "SIZE", "AUTH PLAIN LOGIN", "AUTH=LOGIN", "AUTH", "STARTTLS", "8BITMIME", "PIPELINING",
    "SMTPUTF8", "DSN", "CHUNKING", "ENHANCEDSTATUSCODES", "250-PIPELINING\r\n", "250-DSN\r\n",
    "250-SMTPUTF8\r\n", "250-SIZE 10\r\n", "250 ok\r\n", "354 go\r\n", "550 no\r\n",
    "421 bye\r\n", "é", "\u{ff}", "xxxxxxxxxxxxxxxxxxxxxxxx",
];

/// Of what IMAP servers say.
#[rustfmt::skip]
pub const IMAP: &[&str] = &[
    "{3}\r\n", "{0}\r\n", "{99999999}\r\n", "{26214400}\r\n", "{3+}\r\n", "\r\n", "\n", "\r", "(",
    ")", "\"", "\\", "* ", "NIL", "BODY[] ", "BODY[]<0> ", "[", "]", "4294967295", "4294967296",
    "18446744073709551616", "-1", "0", "\0", "~{1}\r\n", "a1 OK\r\n", "a3 NO [NONEXISTENT] x\r\n",
    "* BYE\r\n", "* 1 EXISTS\r\n", "* 1 EXPUNGE\r\n", "* VANISHED 1:9\r\n", "UID ", "UID 3 ",
    "FLAGS ()", "&", "&-", "+ ", "é", "INTERNALDATE ", "\"31-Feb-0000 99:99:99 +9999\"",
    "RFC822.SIZE ", "MODSEQ (1)", "[UIDVALIDITY 1]", "[UIDNEXT 0]", "[HIGHESTMODSEQ 9]",
    "[CAPABILITY ", "\\Sent", "((((((((", "))))))))", "* ESEARCH (TAG \"a1\") UID ALL 1:3\r\n",
    "* STATUS INBOX (MESSAGES 1)\r\n",
];

/// Of tables in text.
#[rustfmt::skip]
pub const CSV: &[&str] = &[
    ",", ";", "\t", "\"", "\"\"", "\r\n", "\n", "\r", "\u{feff}", "\0", "=1+1", "'=", "+49", "-2",
    "@sum", "email", "name", "first name", "last name", "company", "domain", "linkedin", "title",
    "phone", "tags", "ann@example.com", "Ann Lee", "example.com", "linkedin.com/in/ann-lee",
    "email,name\r\n", "\"a\r\nb\"", ",,,,,,,,", "\"\"\"",
];

/// Of frames, commands and events.
#[rustfmt::skip]
pub const FRAME: &[&str] = &[
    "{", "}", "[", "]", "\"", ":", ",", "null", "true", "false", "0", "-1", "1e400", "1.0", "-0",
    "9007199254740993", "\\u0000", "\\ud800", "{}", "\"type\":", "\"command\"", "\"subscribe\"",
    "\"seen\"", "\"viewing\"", "\"typing\"", "\"ping\"", "\"id\":\"1\",", "\"seq\":", "\"views\":[",
    "\"ticketId\":", "\"__proto__\"", "\"base\"", "\"getTicket\"", "\"createTicket\"",
    "\"snapshot\"", "\"listTickets\"", "\"search\"", "\"query\":\"a\"",
    "\"subject\":\"a\"", "\"limit\":2", "\"sort\":",
    "\"me\":{}", "\"createTeam\":{\"name\":\"a\"}", "\"listAgents\":{}", "\"createCategory\"",
    "\"postComment\"", "\"body\":\"a\"", "\"at\":1", "\"by\":{\"kind\":\"system\"}", "\"data\":{}",
    "\x01", "\u{80}", "\u{81}", "\u{c0}",
];

/// Of addresses, names, and texts with variables.
#[rustfmt::skip]
pub const TEXT: &[&str] = &[
    "@", ".", "..", "+", "<", ">", "mailto:", "?subject=x", "\"", " ", "\t", "\r\nbcc:x@y.z", "\0",
    "a@b.com", "Ann Lee", "Lee, Ann", "Dr. ", " Jr", "gmail.com", "googlemail.com", "outlook.com",
    "www.", "https://", ":443/", "xn--", "xn--mnchen-3ya.de", "m\u{fc}nchen.de", "\u{ff21}",
    "\u{200b}", "\u{feff}", "\u{130}", "\u{df}", "\u{3c2}", "\u{e9}", "e\u{301}", "\u{3002}",
    "linkedin.com/in/ann-lee", "%C3%A9", "/", "{{", "}}", "|", "{", "}", "{{user.name}}",
    "{{ user.name | there }}", "{{attributes.plan}}", "{{agent.name|}}", "{{constructor}}",
];
