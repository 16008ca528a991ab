//! Many connections and one thread: each is read and written when the system says that it can be.

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// One connection: what came and was not yet taken, and what could not yet be written.
struct Wire {
    stream: Option<TcpStream>,
    inbox: Vec<u8>,
    taken: usize,
    outbox: Vec<u8>,
}

/// All connections of a phase, named by their numbers.
pub struct Net {
    poll: Poll,
    events: Events,
    address: SocketAddr,
    wires: Vec<Wire>,
    chunk: Vec<u8>,
}

impl Net {
    /// None yet; to a port of this machine.
    pub fn new(port: u16) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(4_096),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            wires: Vec::new(),
            chunk: vec![0; CHUNK],
        })
    }

    /// Another connection, on its way; gives its number.
    pub fn open(&mut self) -> io::Result<usize> {
        let at = self.wires.len();
        let stream = self.connect(at)?;
        let (inbox, outbox) = (Vec::new(), Vec::new());
        self.wires.push(Wire { stream: Some(stream), inbox, taken: 0, outbox });
        Ok(at)
    }

    /// A fresh connection under the number of one that has ended.
    pub fn reopen(&mut self, at: usize) -> io::Result<()> {
        let stream = self.connect(at)?;
        let wire = &mut self.wires[at];
        wire.inbox.clear();
        wire.outbox.clear();
        wire.taken = 0;
        wire.stream = Some(stream);
        Ok(())
    }

    fn connect(&self, at: usize) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(at), both)?;
        Ok(stream)
    }

    /// Whether a connection has ended.
    pub fn is_over(&self, at: usize) -> bool {
        self.wires[at].stream.is_none()
    }

    /// Ends a connection.
    pub fn close(&mut self, at: usize) {
        if let Some(mut stream) = self.wires[at].stream.take() {
            // It is closed at the end of this block, which takes it from the poll as well.
            let _ = self.poll.registry().deregister(&mut stream);
        }
    }

    /// Waits for something to read, `wait_ns` at most, and gives the connections that have some, or
    /// have ended, in `ready`. The system waits whole milliseconds: for less it only looks, since
    /// waking late would count as the target's latency.
    pub fn wait(&mut self, wait_ns: u64, ready: &mut Vec<usize>) -> io::Result<()> {
        ready.clear();
        match self.poll.poll(&mut self.events, Some(Duration::from_millis(wait_ns / 1_000_000))) {
            Err(e) if e.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &self.events {
            let wire = &mut self.wires[event.token().0];
            if event.is_writable() {
                wire.flush();
            }
            if event.is_readable() || event.is_error() || event.is_read_closed() {
                wire.fill(&mut self.chunk);
                ready.push(event.token().0);
            }
        }
        Ok(())
    }

    /// Writes as much as goes at once, and the rest as soon as it can be written.
    pub fn send(&mut self, at: usize, bytes: &[u8]) {
        self.wires[at].outbox.extend_from_slice(bytes);
        self.wires[at].flush();
    }

    /// What came and was not yet taken.
    pub fn unread(&self, at: usize) -> &[u8] {
        &self.wires[at].inbox[self.wires[at].taken..]
    }

    /// Takes the first `count` bytes.
    pub fn take(&mut self, at: usize, count: usize) {
        let wire = &mut self.wires[at];
        wire.taken += count;
        if wire.taken == wire.inbox.len() {
            wire.inbox.clear();
            wire.taken = 0;
        }
    }
}

impl Wire {
    fn flush(&mut self) {
        let Some(stream) = &mut self.stream else { return };
        let mut done = 0;
        while done < self.outbox.len() {
            match stream.write(&self.outbox[done..]) {
                Ok(count) => done += count,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // Not yet, or not yet connected; what is wrong, reading will tell.
                Err(_) => break,
            }
        }
        self.outbox.drain(..done);
    }

    fn fill(&mut self, chunk: &mut [u8]) {
        if self.taken > 0 {
            self.inbox.drain(..self.taken);
            self.taken = 0;
        }
        while let Some(stream) = &mut self.stream {
            match stream.read(chunk) {
                Ok(0) => self.stream = None,
                Ok(count) => self.inbox.extend_from_slice(&chunk[..count]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.stream = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn more_than_the_system_holds_arrives_and_comes_back_whole() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let echo = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut all = vec![0; 8 << 20];
            stream.read_exact(&mut all).expect("all of it");
            stream.write_all(&all).expect("all back");
        });
        let mut net = Net::new(port).expect("a poll");
        let at = net.open().expect("a socket");
        let sent: Vec<u8> = (0..8_usize << 20).map(|n| (n % 251) as u8).collect();
        net.send(at, &sent);
        let mut ready = Vec::new();
        while net.unread(at).len() < sent.len() {
            assert!(!net.is_over(at));
            net.wait(1_000_000_000, &mut ready).expect("a poll");
        }
        assert!(net.unread(at) == sent.as_slice());
        net.take(at, sent.len());
        while !net.is_over(at) {
            net.wait(1_000_000_000, &mut ready).expect("a poll");
        }
        assert!(net.unread(at).is_empty());
        echo.join().expect("no panic");
    }
}
