//! What a mail says, and what a template says of somebody: written down here once more.

use schema::prospect::Prospect;

/// The plain text of a mail.
///
/// # Errors
/// Why it cannot be read.
pub fn plain_text(content: &[u8]) -> Result<String, String> {
    let content = String::from_utf8_lossy(content);
    let (head, part) = content.split_once("Content-Type: text/plain").ok_or("it has no text")?;
    let (fields, rest) = part.split_once("\r\n\r\n").ok_or("its text has no end of header")?;
    let boundary = head.rsplit_once("boundary=\"").and_then(|(_, rest)| rest.split_once('"'));
    let end = boundary.map(|(boundary, _)| format!("\r\n--{boundary}"));
    let text = end.and_then(|end| rest.split_once(&end)).map_or(rest, |(text, _)| text);
    let text = if fields.contains("quoted-printable") {
        unquoted(text)?
    } else if fields.contains("base64") {
        return Err("its text is in base64, which nothing of the plan needs".into());
    } else {
        text.to_owned()
    };
    Ok(text.replace("\r\n", "\n"))
}

/// What quoted-printable stands for.
fn unquoted(text: &str) -> Result<String, String> {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).ok_or("a = without its digits")?;
        bytes.push(u8::from_str_radix(hex, 16).map_err(|_| format!("={hex} is no byte"))?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// What a mail says above its footer and the way to opt out.
///
/// # Errors
/// Where these are not there.
pub fn body<'a>(text: &'a str, footer: &str) -> Result<&'a str, String> {
    let below = format!("\n\n-- \n{footer}\nNo more mails: https://");
    let parts = text.trim_end_matches('\n').rsplit_once(&below);
    let (body, link) = parts.ok_or_else(|| format!("no {footer} is below {text}"))?;
    if link.contains(char::is_whitespace) {
        return Err(format!("something follows the way to opt out: {link}"));
    }
    Ok(body)
}

/// A template with what somebody said of themselves.
///
/// # Errors
/// Where something is missing, or is none of what the plan puts into templates.
pub fn filled(template: &str, person: &Prospect) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let (inside, behind) = after.split_once("}}").ok_or("{{ without }}")?;
        let (name, default) = inside.split_once('|').map_or((inside, None), |(a, b)| (a, Some(b)));
        let value = match name {
            "email" => person.email.as_deref(),
            "name" => person.name.as_deref(),
            "firstName" => person.name.as_deref().and_then(|name| name.split_whitespace().next()),
            _ => return Err(format!("{name} is not known here")),
        };
        let value = value.filter(|value| !value.trim().is_empty()).or(default);
        filled.push_str(before);
        filled.push_str(value.ok_or_else(|| format!("nobody knows {name}"))?);
        rest = behind;
    }
    Ok(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_text_is_read_out_of_a_mail_of_two_parts() {
        let mail = "Subject: x\r\nContent-Type: multipart/alternative; boundary=\"b\"\r\n\r\n\
            --b\r\nContent-Type: text/plain; charset=utf-8\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\n\
            a =3D=\r\n b\r\n\r\n-- \r\nf=C3=BC\r\nNo more mails: https://m/u\r\n\r\n--b\r\n\
            Content-Type: text/html\r\n\r\n<p>\r\n--b--\r\n";
        let text = plain_text(mail.as_bytes()).expect("it has one");
        assert_eq!(text, "a = b\n\n-- \nf\u{fc}\nNo more mails: https://m/u\n");
        assert_eq!(body(&text, "f\u{fc}"), Ok("a = b"));
        assert!(body(&text, "g").is_err());
        assert!(body(&(text + "more\n"), "f\u{fc}").is_err());
    }
}
