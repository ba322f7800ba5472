//! The library's clocks: the wall clock for times that are agreed with servers, and a steady clock against its jumps.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The clocks of this machine; a test may shift them.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Shift>>);

/// How far the clocks of a test are ahead of the machine's, in milliseconds.
#[derive(Debug, Default)]
struct Shift {
    /// They do not follow the machine's.
    is_stopped: bool,
    wall: AtomicI64,
    steady: AtomicI64,
}

/// Where clocks that are stopped begin, in milliseconds since the epoch.
const STOPPED_AT: Moment = Moment { wall_ms: 2_000_000_000_000, steady_ms: 1_000_000 };

/// A moment on both clocks, in milliseconds: since the epoch, and since an arbitrary moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub wall_ms: i64,
    pub steady_ms: i64,
}

impl Clock {
    /// Clocks that follow the machine's, and can be shifted.
    pub fn shifted() -> Self {
        Self(Some(Arc::default()))
    }

    /// Clocks that stand still unless they are moved.
    pub fn stopped() -> Self {
        Self(Some(Arc::new(Shift { is_stopped: true, ..Shift::default() })))
    }

    /// Moves both clocks forward.
    pub fn advance(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        if let Some(shift) = &self.0 {
            shift.steady.fetch_add(ms, Ordering::SeqCst);
        }
        self.set_wall(ms);
    }

    /// Moves the wall clock forward or back, in milliseconds; the steady clock stays.
    pub fn set_wall(&self, by_ms: i64) {
        if let Some(shift) = &self.0 {
            shift.wall.fetch_add(by_ms, Ordering::SeqCst);
        }
    }

    pub fn system_time(&self) -> SystemTime {
        let Some(shift) = &self.0 else { return SystemTime::now() };
        let now = match shift.is_stopped {
            true => UNIX_EPOCH + Duration::from_millis(STOPPED_AT.wall_ms.unsigned_abs()),
            false => SystemTime::now(),
        };
        let ms = shift.wall.load(Ordering::SeqCst);
        let by = Duration::from_millis(ms.unsigned_abs());
        if ms < 0 { now - by } else { now + by }
    }

    /// Whole seconds since the epoch.
    pub fn now_s(&self) -> i64 {
        let since = self.system_time().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }

    /// Both clocks, to a few milliseconds. A read takes as many nanoseconds, because each use of a token reads them.
    pub fn now(&self) -> Moment {
        let Some(shift) = &self.0 else { return machine::now() };
        let mut now = if shift.is_stopped { STOPPED_AT } else { machine::now() };
        now.wall_ms += shift.wall.load(Ordering::SeqCst);
        now.steady_ms += shift.steady.load(Ordering::SeqCst);
        now
    }
}

#[cfg(target_os = "linux")]
mod machine {
    use std::sync::atomic::{AtomicI64, Ordering};

    use rustix::time::{ClockId, Timespec, clock_gettime};

    use super::Moment;

    /// Reads the wall clock once a tick of the steady one, which is a few milliseconds: a read is a fifth of what it costs to
    /// hand out a held token.
    pub fn now() -> Moment {
        /// The last tick at which the wall clock was read, and how far that was ahead.
        static TICK_MS: AtomicI64 = AtomicI64::new(-1);
        static AHEAD_MS: AtomicI64 = AtomicI64::new(0);
        let ms = |time: Timespec| time.tv_sec * 1000 + time.tv_nsec / 1_000_000;
        let steady_ms = ms(clock_gettime(ClockId::MonotonicCoarse));
        if TICK_MS.load(Ordering::Acquire) != steady_ms {
            AHEAD_MS.store(ms(clock_gettime(ClockId::RealtimeCoarse)) - steady_ms, Ordering::Relaxed);
            TICK_MS.store(steady_ms, Ordering::Release);
        }
        Moment { wall_ms: steady_ms + AHEAD_MS.load(Ordering::Relaxed), steady_ms }
    }
}

#[cfg(not(target_os = "linux"))]
mod machine {
    use std::sync::OnceLock;
    use std::time::{Instant, SystemTime, UNIX_EPOCH};

    use super::Moment;

    pub fn now() -> Moment {
        static BEGAN: OnceLock<Instant> = OnceLock::new();
        let ms = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Moment {
            wall_ms: ms(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            steady_ms: ms(BEGAN.get_or_init(Instant::now).elapsed()),
        }
    }
}
