//! Folders: their names on the wire, and which of them holds the sent mail.
//!
//! Names are written in modified UTF-7 (RFC 3501 §5.1.3). A name that a server gave is sent back
//! as it came, also where it breaks the rules.

use base64::{
    Engine,
    alphabet::IMAP_MUTF7,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The name of a folder, as it goes over the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderName(Vec<u8>);

impl FolderName {
    /// The folder that every mailbox has.
    pub fn inbox() -> FolderName {
        FolderName(b"INBOX".to_vec())
    }

    /// Of a name as people write it.
    pub fn of(name: &str) -> FolderName {
        FolderName(encode(name).into_bytes())
    }

    pub(super) fn of_wire(bytes: Vec<u8>) -> FolderName {
        FolderName(bytes)
    }

    pub(super) fn wire(&self) -> &[u8] {
        &self.0
    }

    /// As people read it. What is no UTF-7 is shown as it is.
    pub fn display(&self) -> String {
        decode(&self.0).unwrap_or_else(|| String::from_utf8_lossy(&self.0).into_owned())
    }
}

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its name, with those of the folders that it is in.
    pub name: FolderName,
    /// What stands between the names of a folder and of one within it.
    pub separator: Option<char>,
    /// Whether the server says that it is the one for sent mail (`\Sent`, RFC 6154).
    pub is_marked_sent: bool,
    /// Whether it is more than a place in the tree (`\Noselect`, `\NonExistent`).
    pub can_be_opened: bool,
}

impl Folder {
    /// Its own name, without those of the folders that it is in.
    fn own_name(&self) -> String {
        let whole = self.name.display();
        match self.separator.and_then(|separator| whole.rsplit(separator).next()) {
            Some(own) => own.to_owned(),
            None => whole,
        }
    }
}

/// What mail programs and providers call the folder of sent mail, in small letters: what people
/// have most often comes first.
const SENT_NAMES: &[&str] = &[
    "sent",
    "sent items",
    "sent mail",
    "sent messages",
    "sent-mail",
    "sentmail",
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "gesendete nachrichten",
    "gesendete",
    "envoyés",
    "éléments envoyés",
    "messages envoyés",
    "objets envoyés",
    "courrier envoyé",
    "enviados",
    "elementos enviados",
    "mensajes enviados",
    "correo enviado",
    "itens enviados",
    "mensagens enviadas",
    "e-mails enviados",
    "inviata",
    "posta inviata",
    "inviati",
    "elementi inviati",
    "messaggi inviati",
    "verzonden",
    "verzonden items",
    "verzonden berichten",
    "skickat",
    "skickade",
    "skickade objekt",
    "skickade meddelanden",
    "sendt",
    "sendte elementer",
    "sendt post",
    "sendte beskeder",
    "lähetetyt",
    "lähetetyt viestit",
    "wysłane",
    "elementy wysłane",
    "odeslané",
    "odeslaná pošta",
    "odoslané",
    "odoslaná pošta",
    "elküldött",
    "elküldött elemek",
    "elküldött üzenetek",
    "trimise",
    "elemente trimise",
    "poslano",
    "poslane stavke",
    "изпратени",
    "отправленные",
    "надіслані",
    "απεσταλμένα",
    "gönderilmiş",
    "gönderilmiş öğeler",
    "gönderilenler",
    "נשלח",
    "פריטים שנשלחו",
    "المرسلة",
    "البريد المرسل",
    "送信済み",
    "送信済みアイテム",
    "送信済みメール",
    "已发送",
    "已发送邮件",
    "已傳送郵件",
    "寄件備份",
    "보낸 편지함",
    "보낸편지함",
];

/// The folder of sent mail: the one that the server marks, or that is called so.
pub fn find_sent(folders: &[Folder]) -> Option<&Folder> {
    let can_be = |folder: &&Folder| folder.can_be_opened;
    let marked = folders.iter().filter(can_be).find(|folder| folder.is_marked_sent);
    marked.or_else(|| {
        let rank = |folder: &Folder| {
            let own = folder.own_name().to_lowercase();
            SENT_NAMES.iter().position(|name| *name == own)
        };
        let ranked = folders.iter().filter(can_be).filter_map(|it| Some((rank(it)?, it)));
        // Of two that are called alike, the one that is not within an archive of old years.
        ranked.min_by_key(|(rank, it)| (*rank, it.name.wire().len())).map(|(_, folder)| folder)
    })
}

/// Writes modified UTF-7.
fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut foreign: Vec<u8> = Vec::new();
    let flush = |foreign: &mut Vec<u8>, out: &mut String| {
        if !foreign.is_empty() {
            out.push('&');
            out.push_str(&BASE64.encode(&*foreign));
            out.push('-');
            foreign.clear();
        }
    };
    for char in name.chars() {
        if matches!(char, ' '..='~') {
            flush(&mut foreign, &mut out);
            out.push(char);
            if char == '&' {
                out.push('-');
            }
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                foreign.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    flush(&mut foreign, &mut out);
    out
}

/// Reads modified UTF-7; `None` for what is none.
fn decode(wire: &[u8]) -> Option<String> {
    let mut rest = std::str::from_utf8(wire).ok()?;
    let mut out = String::new();
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let (coded, after) = behind.split_once('-')?;
        rest = after;
        if coded.is_empty() {
            out.push('&');
            continue;
        }
        let bytes = BASE64.decode(coded).ok()?;
        let (pairs, []) = bytes.as_chunks::<2>() else { return None };
        let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
        for char in char::decode_utf16(units) {
            out.push(char.ok()?);
        }
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_and_read_in_modified_utf_7() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Boîte d'envoi", "Bo&AO4-te d'envoi"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("A & B", "A &- B"),
            ("📮", "&2D3c7g-"),
            ("a\r\nb", "a&AA0ACg-b"),
            ("", ""),
        ] {
            assert_eq!(FolderName::of(name).wire(), wire.as_bytes(), "{name}");
            assert_eq!(FolderName::of_wire(wire.into()).display(), name);
        }
    }

    #[test]
    fn what_is_no_utf_7_is_shown_as_it_is() {
        for wire in ["a&", "a&b", "&!-", "&AA-", "&2D0-", "&AGE=-", "Entwürfe&x"] {
            assert_eq!(FolderName::of_wire(wire.into()).display(), wire);
        }
        assert_eq!(FolderName::of_wire(b"\xff&".to_vec()).display(), "\u{fffd}&");
    }

    fn folder(name: &str) -> Folder {
        let name = FolderName::of(name);
        Folder { name, separator: Some('/'), is_marked_sent: false, can_be_opened: true }
    }

    #[test]
    fn the_sent_folder_is_the_marked_one_or_the_one_that_is_called_so() {
        let sent = |folders: &[Folder]| find_sent(folders).map(|it| it.name.display());
        let found = |name: &str| Some(name.to_owned());
        let (inbox, named) = (folder("INBOX"), folder("Sent"));
        let marked = Folder { is_marked_sent: true, ..folder("[Gmail]/Correo enviado") };
        assert_eq!(sent(&[inbox.clone(), named.clone(), marked]), found("[Gmail]/Correo enviado"));
        let gone = Folder { is_marked_sent: true, can_be_opened: false, ..folder("Old") };
        assert_eq!(sent(&[inbox.clone(), gone, named.clone()]), found("Sent"));
        assert_eq!(sent(&[inbox.clone(), Folder { can_be_opened: false, ..named.clone() }]), None);
        let old = folder("Archive/2019/Sent");
        assert_eq!(sent(&[old, folder("INBOX/Sent")]), found("INBOX/Sent"));
        for name in ["Gesendete Objekte", "ÉLÉMENTS ENVOYÉS", "Отправленные", "送信済み"]
        {
            assert_eq!(sent(&[inbox.clone(), folder(name)]), found(name));
        }
        assert_eq!(sent(&[inbox.clone(), folder("Unsent")]), None);
        let flat = Folder { separator: None, ..folder("sent") };
        assert_eq!(sent(&[inbox, flat]), found("sent"));
    }
}
