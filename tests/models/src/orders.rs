//! In how many orders a model is run.

use shuttle::scheduler::{DfsScheduler, PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, Runner};

/// Orders at random, and orders with few changes from one thread to another (PCT), which find what takes a rare one.
pub fn many(runs: usize, model: impl Fn() + Clone + Send + Sync + 'static) {
    run(RandomScheduler::new(runs), model.clone());
    for changes in 1..=4 {
        run(PctScheduler::new(changes, runs / 4), model.clone());
    }
}

/// Every order there is; the model may not ask for randomness.
pub fn all(model: impl Fn() + Send + Sync + 'static) {
    run(DfsScheduler::new(None, false), model);
}

fn run(scheduler: impl Scheduler + 'static, model: impl Fn() + Send + Sync + 'static) {
    Runner::new(scheduler, Config::new()).run(model);
}
