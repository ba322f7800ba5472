//! Sessions of many machines in simulated time: what must hold in every schedule, and what each mechanism is for.

mod named;
#[path = "../../../stores/redis_server.rs"]
mod redis_server;
mod same_as_redis;
mod schedules;
mod support;
mod without;
