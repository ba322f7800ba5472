//! Where the bar stands (design §10).

#[derive(Clone, Copy)]
pub enum Bar {
    /// Holds for our own number, and the gate fails by it.
    Count(f64),
    /// Holds for ours over the peer's: times differ from machine to machine, so it is tracked, and no gate.
    Ratio(f64),
    /// Holds for our own number where there is no peer; a time too, and no gate.
    Time(f64),
}

pub const INSTRUCTIONS: Bar = Bar::Count(65_000.0);
/// Of a client with a key, but for the signature, over one with a secret.
pub const INSTRUCTIONS_BY_KEY: Bar = Bar::Count(1.6);
pub const ALLOCATIONS: Bar = Bar::Count(50.0);
pub const SYSTEM_CALLS: Bar = Bar::Count(7.0);
pub const STRIPPED_MB: Bar = Bar::Count(4.5);
pub const RESIDENT_MB: Bar = Bar::Count(6.0);
pub const RESIDENT_GROWTH_KIB: Bar = Bar::Count(256.0);
pub const THREADS_LEFT: Bar = Bar::Count(0.0);
pub const CACHED_COPY_INSTRUCTIONS: Bar = Bar::Count(500.0);
pub const CACHED_COPY_ALLOCATIONS: Bar = Bar::Count(0.0);
pub const CACHED_COPY_NS: Bar = Bar::Time(15.0);
pub const CACHED_HANDLE_NS: Bar = Bar::Time(100.0);
pub const SESSION_BYTES: Bar = Bar::Count(1024.0);
pub const CPU_KEPT: Bar = Bar::Ratio(0.75);
pub const CPU_TLS_NEW: Bar = Bar::Ratio(0.35);
pub const CPU_HTTP_NEW: Bar = Bar::Ratio(0.95);
pub const P99_MANY_THREADS: Bar = Bar::Ratio(1.0);
pub const WHOLE_PROCESS: Bar = Bar::Ratio(0.15);

pub enum Verdict {
    Met,
    Missed,
    /// A ratio or a time over its bar.
    Over,
    NotMeasured,
}

impl Bar {
    pub fn judge(&self, ours: Option<f64>, ratio: Option<f64>) -> Verdict {
        match self {
            Self::Count(most) => {
                ours.map_or(Verdict::NotMeasured, |ours| if ours <= *most { Verdict::Met } else { Verdict::Missed })
            }
            Self::Time(most) => {
                ours.map_or(Verdict::NotMeasured, |ours| if ours <= *most { Verdict::Met } else { Verdict::Over })
            }
            Self::Ratio(most) => {
                ratio.map_or(Verdict::NotMeasured, |ratio| if ratio <= *most { Verdict::Met } else { Verdict::Over })
            }
        }
    }
}
