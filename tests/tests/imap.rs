//! The IMAP client against a real server: Dovecot from Debian's packages, over TLS on loopback.
//!
//! The server is `tests/harness/imap_server.mjs`; mails are files that the test puts into its
//! maildir. Each test has a server of its own.

use std::fs;
use std::future::Future;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actors::mail::imap::*;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A server, until it is dropped.
struct Server {
    child: Child,
    about: serde_json::Value,
    mails: u32,
}

impl Server {
    fn start() -> Server {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("harness/imap_server.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is there");
        let mut line = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("it says something");
        let about = serde_json::from_str(&line).expect("the server starts, and tells of itself");
        Server { child, about, mails: 0 }
    }

    fn text(&self, name: &str) -> String {
        self.about[name].as_str().expect("a text").to_owned()
    }

    fn folder(&self, name: &str) -> PathBuf {
        Path::new(&self.text("maildir")).join(name)
    }

    /// Puts a mail into a folder; gives its number, which its Message-ID has too.
    fn deliver(&mut self, folder: &str, size_bytes: usize) -> u32 {
        self.mails += 1;
        let number = self.mails;
        let mut raw = format!("Message-ID: <m{number}@x.example>\r\nSubject: {number}\r\n\r\n");
        while raw.len() < size_bytes {
            raw.push_str("* 1 FETCH (UID 9 BODY[] {99999} a1 OK )\r\n");
        }
        let new = self.folder(folder).join("new");
        let path = self.folder(folder).join("tmp").join(format!("17000000{number:05}.x.test"));
        fs::write(&path, raw).expect("the maildir can be written");
        let name = path.file_name().expect("it has a name");
        fs::rename(&path, new.join(name)).expect("the maildir can be written");
        number
    }

    fn make_folder(&self, name: &str) {
        let uid = self.owner();
        for part in ["", "new", "cur", "tmp"] {
            let path = self.folder(name).join(part);
            fs::create_dir_all(&path).expect("the maildir can be written");
            chown(&path, Some(uid), Some(uid)).expect("the test is root");
        }
    }

    /// Forgets all UIDs of a folder, as after a move to another server: another generation, which
    /// would be the time in seconds, and is told here so that it is never the one before.
    fn lose_index(&self, folder: &str) {
        let folder = self.folder(folder);
        for entry in fs::read_dir(&folder).expect("a maildir").flatten() {
            if entry.file_name().to_string_lossy().starts_with("dovecot") && entry.path().is_file()
            {
                fs::remove_file(entry.path()).expect("it can be removed");
            }
        }
        let list = folder.join("dovecot-uidlist");
        let header = "3 V1000 N1 G00112233445566778899aabbccddeeff\n";
        fs::write(&list, header).expect("the maildir can be written");
        chown(&list, Some(self.owner()), Some(self.owner())).expect("the test is root");
    }

    fn owner(&self) -> u32 {
        u32::try_from(self.about["uid"].as_u64().expect("a number")).expect("small")
    }

    /// The names of all mails of a folder: flags are the letters behind the comma.
    fn flags(&self, folder: &str) -> String {
        let mut flags = String::new();
        for part in ["new", "cur"] {
            for entry in fs::read_dir(self.folder(folder).join(part)).expect("a maildir").flatten()
            {
                let name = entry.file_name().to_string_lossy().into_owned();
                flags.push_str(name.split_once(":2,").map_or("", |(_, flags)| flags));
            }
        }
        flags
    }

    fn wire(&self, security: Security, authority: &str) -> Wire {
        let port = if security == Security::Tls { "tls" } else { "imap" };
        let port = self.about["ports"][port].as_u64().expect("a port");
        let socket = TcpStream::connect(("127.0.0.1", u16::try_from(port).expect("a port")));
        let socket = socket.expect("it listens");
        socket.set_read_timeout(Some(Duration::from_secs(60))).expect("it can be set");
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(authority).expect("a certificate");
        roots.add(certificate).expect("a certificate");
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let wire = Wire { duplex: Duplex::Plain(socket), config: Arc::new(config) };
        if security == Security::Tls {
            run(wire.start_tls()).expect("a good certificate")
        } else {
            wire
        }
    }

    fn settings(&self, security: Security) -> ImapSettings {
        let secret = Secret::Password(self.text("password"));
        let credentials = Credentials { user: self.text("user"), secret };
        ImapSettings { security, credentials, time_limits: TimeLimits::default() }
    }

    /// Reads what is new in a folder, up to so many batches.
    fn read(&self, name: &FolderName, before: Option<Cursor>, batches_max: usize) -> Found {
        let wire = self.wire(Security::StartTls, &self.text("caFile"));
        let mut found = Found { cursor: before, ..Found::default() };
        run(async {
            let settings = self.settings(Security::StartTls);
            let mut session = connect(wire, &Patience, &settings).await?;
            let mut sync = session.sync(name, before).await?;
            found.start = Some(sync.start());
            while found.batches < batches_max
                && let Some(batch) = sync.next_batch().await?
            {
                found.batches += 1;
                found.cursor = Some(batch.cursor);
                found.skipped.extend(batch.skipped);
                found.numbers.extend(batch.mails.iter().map(|mail| number_of(&mail.raw)));
                found.bytes += batch.mails.iter().map(|mail| mail.raw.len()).sum::<usize>();
            }
            session.log_out().await;
            Ok::<(), ImapError>(())
        })
        .expect("the server is good");
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take()); // it stops when its input ends
        let _ = self.child.wait();
    }
}

#[derive(Debug, Default)]
struct Found {
    start: Option<Start>,
    numbers: Vec<u32>,
    skipped: Vec<Skipped>,
    batches: usize,
    bytes: usize,
    cursor: Option<Cursor>,
}

fn number_of(raw: &[u8]) -> u32 {
    let head = String::from_utf8_lossy(raw.get(..80.min(raw.len())).expect("a mail")).into_owned();
    let number = head.split_once("Subject: ").and_then(|(_, rest)| rest.split_once("\r\n"));
    number.and_then(|(number, _)| number.parse().ok()).expect("a mail of ours")
}

/// A socket that waits where it is: the client is run by asking it once.
struct Wire {
    duplex: Duplex,
    config: Arc<ClientConfig>,
}

enum Duplex {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut piece = vec![0; buf.remaining()];
        let count = match &mut self.duplex {
            Duplex::Plain(socket) => socket.read(&mut piece)?,
            Duplex::Tls(stream) => stream.read(&mut piece)?,
        };
        buf.put_slice(&piece[..count]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(match &mut self.duplex {
            Duplex::Plain(socket) => socket.write(bytes),
            Duplex::Tls(stream) => stream.write(bytes),
        })
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match &mut self.duplex {
            Duplex::Plain(socket) => socket.flush(),
            Duplex::Tls(stream) => stream.flush(),
        })
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl MailStream for Wire {
    async fn start_tls(self) -> io::Result<Self> {
        let Duplex::Plain(mut socket) = self.duplex else { return Err(io::Error::other("twice")) };
        let name = "localhost".try_into().expect("a name");
        let connection = ClientConnection::new(Arc::clone(&self.config), name);
        let mut connection = connection.map_err(io::Error::other)?;
        connection.complete_io(&mut socket)?;
        let duplex = Duplex::Tls(Box::new(StreamOwned::new(connection, socket)));
        Ok(Wire { duplex, ..self })
    }
}

/// Time does not run out: the sockets have a limit of their own.
struct Patience;

impl Sleep for Patience {
    async fn sleep(&self, _: u64) {
        std::future::pending().await
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("sockets that wait are never pending"),
    }
}

#[test]
fn each_way_to_connect_works_and_only_with_the_right_certificate() {
    let server = Server::start();
    let authority = server.text("caFile");
    for security in [Security::Tls, Security::StartTls, Security::Plain] {
        let wire = server.wire(security, &authority);
        let session = run(connect(wire, &Patience, &server.settings(security)));
        run(session.unwrap_or_else(|error| panic!("{security:?}: {error:?}")).log_out());
        let mut wrong = server.settings(security);
        wrong.credentials.secret = Secret::Password("wrong".into());
        let result = run(connect(server.wire(security, &authority), &Patience, &wrong));
        let Err(ImapError::Refused { at: Stage::LogIn, code, .. }) = result.map(|_| ()) else {
            panic!("a wrong password is refused")
        };
        assert_eq!(code, Some(Code::AuthenticationFailed));
    }
    let other = Server::start();
    let wire = server.wire(Security::StartTls, &other.text("caFile"));
    let result = run(connect(wire, &Patience, &server.settings(Security::StartTls)));
    assert!(matches!(result.map(|_| ()), Err(ImapError::TlsFailed { .. })));
}

#[test]
fn a_thousand_mails_are_read_once_each_and_stay_unread() {
    let mut server = Server::start();
    let inbox = FolderName::inbox();
    let mut expected: Vec<u32> = (0..1_000).map(|_| server.deliver("", 2_000)).collect();
    // Interrupted after each of the first batches, it goes on where it stopped.
    let mut found = server.read(&inbox, None, 3);
    let mut numbers = found.numbers.clone();
    assert_eq!((found.start, numbers.len()), (Some(Start::First), 150));
    while !found.numbers.is_empty() || numbers.len() == 150 {
        found = server.read(&inbox, found.cursor, 7);
        numbers.extend(&found.numbers);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, expected);
    assert_eq!(found.start, Some(Start::UpToDate));

    let large = server.deliver("", 20 * 1024 * 1024);
    server.deliver("", 26 * 1024 * 1024);
    let last = server.deliver("", 100);
    let later = server.read(&inbox, found.cursor, usize::MAX);
    assert_eq!((later.start, later.numbers), (Some(Start::Continued), vec![large, last]));
    assert!(later.bytes > 20 * 1024 * 1024);
    let [Skipped { uid, why: WhySkipped::TooLarge { size_bytes } }] = later.skipped[..] else {
        panic!("one is too large: {:?}", later.skipped)
    };
    assert_eq!((uid, size_bytes >= 26 * 1024 * 1024), (1_002, true), "between the two others");
    assert_eq!(server.flags(""), "", "nothing was marked");

    server.lose_index("");
    let anew = server.read(&inbox, later.cursor, usize::MAX);
    expected.extend([large, last]);
    let mut numbers = anew.numbers;
    numbers.sort_unstable();
    assert_eq!((anew.start, numbers), (Some(Start::OtherGeneration), expected));
    assert_eq!(anew.cursor.map(|cursor| cursor.uid_validity), Some(1_000));
    assert_eq!(anew.skipped.len(), 1);
    assert_eq!(server.flags(""), "");
}

#[test]
fn folders_have_their_names_and_a_sent_mail_is_found_by_its_message_id() {
    let mut server = Server::start();
    server.make_folder(".Entw&APw-rfe");
    let wire = server.wire(Security::Tls, &server.text("caFile"));
    let settings = server.settings(Security::Tls);
    run(async {
        let mut session = connect(wire, &Patience, &settings).await?;
        let folders = session.folders().await?;
        let mut names: Vec<String> = folders.iter().map(|it| it.name.display()).collect();
        names.sort();
        assert_eq!(names, ["Entwürfe", "Gesendete Objekte", "INBOX"]);
        let sent = find_sent(&folders).expect("it is marked").name.clone();
        assert_eq!(sent, FolderName::of("Gesendete Objekte"));
        let before = session.status(&sent).await?;
        assert_eq!((before.mails, before.uid_next), (0, Some(1)));

        for number in 1..=12 {
            assert_eq!(server.deliver(".Gesendete Objekte", 100), number);
        }
        let after = session.status(&sent).await?;
        assert_eq!((after.mails, after.uid_next), (12, Some(13)));
        assert_eq!(after.uid_validity, before.uid_validity);
        assert!(after.highest_mod_seq > before.highest_mod_seq, "Dovecot offers CONDSTORE");
        let open = session.examine(&sent).await?;
        assert_eq!(open.highest_mod_seq, after.highest_mod_seq);
        assert_eq!(session.search_message_id("m1@x.example").await?.len(), 1);
        assert!(session.search_message_id("m13@x.example").await?.is_empty());
        assert!(session.search_message_id("1@x.example").await?.is_empty());

        // What arrives while the folder is open is heard of, and read the next time.
        server.deliver(".Gesendete Objekte", 100);
        session.no_op().await?;
        assert_eq!(session.mails(), 13);
        session.examine(&FolderName::of("Entwürfe")).await?;
        let missing = session.examine(&FolderName::of("Bücher")).await;
        assert!(matches!(missing, Err(ImapError::Refused { at: Stage::Examine, .. })));
        session.log_out().await;
        Ok::<(), ImapError>(())
    })
    .expect("the server is good");
    assert_eq!(server.flags(".Gesendete Objekte"), "");
}
