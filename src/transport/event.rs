//! A descriptor that becomes readable once, for the loop of a program.

#[cfg(unix)]
pub use self::unix::Event;
#[cfg(windows)]
pub use self::windows::Event;

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};

    pub struct Event {
        readable: OwnedFd,
        /// Where it is no eventfd.
        #[cfg(not(target_os = "linux"))]
        writable: OwnedFd,
    }

    impl Event {
        #[cfg(target_os = "linux")]
        pub fn new() -> io::Result<Self> {
            use rustix::event::{EventfdFlags, eventfd};
            Ok(Self { readable: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)? })
        }

        #[cfg(not(target_os = "linux"))]
        pub fn new() -> io::Result<Self> {
            let (readable, writable) = io::pipe()?;
            Ok(Self { readable: readable.into(), writable: writable.into() })
        }

        pub fn descriptor(&self) -> isize {
            isize::try_from(self.readable.as_raw_fd()).unwrap_or(-1)
        }

        /// It stays readable from now on.
        #[cfg(target_os = "linux")]
        pub fn signal(&self) {
            _ = rustix::io::write(&self.readable, &1_u64.to_ne_bytes());
        }

        #[cfg(not(target_os = "linux"))]
        pub fn signal(&self) {
            _ = rustix::io::write(&self.writable, &[1]);
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::io::{self, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::os::windows::io::AsRawSocket;

    /// A pair of sockets: nothing else can be selected.
    pub struct Event {
        readable: TcpStream,
        writable: TcpStream,
    }

    impl Event {
        pub fn new() -> io::Result<Self> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let writable = TcpStream::connect(listener.local_addr()?)?;
            loop {
                let (readable, from) = listener.accept()?;
                if from == writable.local_addr()? {
                    return Ok(Self { readable, writable }); // and not somebody else
                }
            }
        }

        pub fn descriptor(&self) -> isize {
            isize::try_from(self.readable.as_raw_socket()).unwrap_or(-1)
        }

        pub fn signal(&self) {
            drop((&self.writable).write(&[1]));
        }
    }
}
