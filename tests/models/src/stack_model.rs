//! Slots: nothing is lost, and nothing is given to two.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use shuttle::rand::{Rng, thread_rng};
use shuttle::sync::Arc;
use shuttle::thread;

use crate::orders;
use crate::stack::Stack;

#[derive(Default)]
struct World {
    stack: Stack<Slot>,
    alive: Arc<AtomicUsize>,
}

struct Slot {
    users: AtomicUsize,
    unused: AtomicBool,
    alive: Arc<AtomicUsize>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        assert!(self.unused.load(SeqCst), "a slot was let go that had been used");
        self.alive.fetch_sub(1, SeqCst);
    }
}

impl World {
    fn call(&self) {
        let slot = self.stack.take().unwrap_or_else(|| {
            self.alive.fetch_add(1, SeqCst);
            Slot { users: AtomicUsize::new(0), unused: AtomicBool::new(false), alive: self.alive.clone() }
        });
        assert_eq!(slot.users.fetch_add(1, SeqCst), 0, "a slot was given to two");
        thread::yield_now();
        slot.users.fetch_sub(1, SeqCst);
        let unused = thread_rng().gen_bool(0.2);
        drop(self.stack.put(slot, |oldest| {
            oldest.unused.store(unused, SeqCst);
            unused
        }));
    }
}

#[test]
fn no_slot_is_lost_and_none_is_given_to_two() {
    orders::many(10_000, || {
        let world = Arc::new(World::default());
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let world = world.clone();
                thread::spawn(move || (0..3).for_each(|_| world.call()))
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("a caller"));
        let mut left = 0;
        while let Some(slot) = world.stack.take() {
            slot.unused.store(true, SeqCst);
            left += 1;
        }
        assert!(left <= 4, "{left} slots for four threads");
        assert_eq!(world.alive.load(SeqCst), 0, "slots were lost");
    });
}
