//! A process of the simulation: a coroutine, so that what blocks in the library takes virtual time.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::world::{self, World};

type Yields = Yielder<(), ()>;

/// The process that runs now.
#[derive(Clone, Copy)]
struct Current {
    yields: *const Yields,
    machine: usize,
    /// It has crashed, and its destructors run: nothing of that reaches the network.
    dying: bool,
}

const NOBODY: Current = Current { yields: ptr::null(), machine: usize::MAX, dying: false };

thread_local! {
    static CURRENT: Cell<Current> = const { Cell::new(NOBODY) };
    static WAKER: RefCell<Option<Waker>> = const { RefCell::new(None) };
    /// Stacks of processes that have ended: each schedule needs many.
    static STACKS: RefCell<Vec<DefaultStack>> = const { RefCell::new(Vec::new()) };
}

/// The machine whose process runs now.
pub fn machine() -> usize {
    CURRENT.get().machine
}

/// Whether the process that runs now has crashed.
pub fn is_dying() -> bool {
    CURRENT.get().dying
}

/// Lets the other processes run, until this one is woken.
fn suspend() {
    let current = CURRENT.get();
    assert!(!current.yields.is_null() && !current.dying, "only a process that lives can wait");
    // SAFETY: set by the coroutine that runs now, on whose stack it lives.
    unsafe { &*current.yields }.suspend(());
}

/// Drives a future of the library on this process.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        let waker = WAKER.with_borrow(Clone::clone).expect("a process runs");
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return outcome;
        }
        suspend();
    }
}

/// Blocks this process until `ready`, for so many milliseconds at most.
pub fn wait<T>(limit_ms: u64, mut ready: impl FnMut(&mut World) -> Option<T>) -> Option<T> {
    let machine = machine();
    let until = world::with(|world| world.wake_at(machine, limit_ms));
    loop {
        if let Some(found) = world::with(&mut ready) {
            return Some(found);
        }
        if world::now() >= until {
            return None;
        }
        suspend();
    }
}

/// A process, as the executor sees it.
pub struct Running {
    coroutine: Option<Coroutine<(), (), (), DefaultStack>>,
    yields: Rc<Cell<*const Yields>>,
    machine: usize,
    number: u32,
}

impl Running {
    /// Process `number` of a machine.
    pub fn new(machine: usize, number: u32, work: impl FnOnce() + 'static) -> Self {
        let stack = STACKS.with_borrow_mut(Vec::pop).unwrap_or_else(|| DefaultStack::new(1 << 18).expect("a stack"));
        let kept = Rc::new(Cell::new(ptr::null()));
        let here = kept.clone();
        let coroutine = Coroutine::with_stack(stack, move |yields: &Yields, ()| {
            here.set(yields);
            CURRENT.set(Current { yields, ..CURRENT.get() });
            work();
        });
        Self { coroutine: Some(coroutine), yields: kept, machine, number }
    }

    fn end(&mut self) {
        let Some(mut coroutine) = self.coroutine.take() else { return };
        let before = CURRENT.replace(Current { machine: self.machine, dying: true, ..NOBODY });
        coroutine.force_unwind();
        CURRENT.set(before);
        STACKS.with_borrow_mut(|stacks| stacks.push(coroutine.into_stack()));
    }
}

impl Future for Running {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (machine, number) = (self.machine, self.number);
        match world::with(|world| world.begins(machine, number, context.waker())) {
            world::Turn::Runs => {}
            world::Turn::StandsStill => return Poll::Pending,
            world::Turn::HasCrashed => {
                self.end();
                return Poll::Ready(());
            }
        }
        WAKER.set(Some(context.waker().clone()));
        CURRENT.set(Current { yields: self.yields.get(), machine, dying: false });
        let Some(coroutine) = &mut self.coroutine else { return Poll::Ready(()) };
        let result = catch_unwind(AssertUnwindSafe(|| coroutine.resume(())));
        CURRENT.set(NOBODY);
        match result {
            Ok(CoroutineResult::Yield(())) => return Poll::Pending,
            Ok(CoroutineResult::Return(())) => {}
            Err(_) => world::with(|world| world.violates(format!("m{machine} panicked"))), // tokio would say nothing
        }
        Poll::Ready(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
