//! Runs the scripts that the store sends, in Lua 5.1 as Redis does.

use std::cell::RefCell;
use std::collections::HashMap;

use mlua::{Function, IntoLua, Lua, MultiValue, Table, Value};

use crate::redis::keys::{Keys, Reply};
use crate::without::Without;

thread_local! {
    static ENGINE: Engine = Engine::new().expect("a Lua state");
    /// The keys on which a script works.
    static KEYS: RefCell<Keys> = RefCell::default();
}

/// One for a thread: each script is compiled once.
struct Engine {
    lua: Lua,
    compiled: RefCell<HashMap<(Vec<u8>, Without), Function>>,
}

/// Runs a script on these keys.
pub fn run(keys: &mut Keys, text: &[u8], without: Without, names: &[&[u8]], arguments: &[&[u8]]) -> Reply {
    KEYS.with_borrow_mut(|own| std::mem::swap(own, keys));
    let reply = ENGINE.with(|engine| engine.run(text, without, names, arguments));
    KEYS.with_borrow_mut(|own| std::mem::swap(own, keys));
    reply.unwrap_or_else(|error| Reply::Error(format!("ERR {error}")))
}

impl Engine {
    fn new() -> mlua::Result<Self> {
        let lua = Lua::new();
        let call = lua.create_function(|lua, words: MultiValue| {
            let words: Vec<Vec<u8>> = words.iter().map(word).collect::<mlua::Result<_>>()?;
            let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            to_lua(lua, KEYS.with_borrow_mut(|keys| keys.command(&words)))
        })?;
        let redis = lua.create_table()?;
        redis.set("call", call)?;
        lua.globals().set("redis", redis)?;
        Ok(Self { lua, compiled: RefCell::default() })
    }

    fn run(&self, text: &[u8], without: Without, names: &[&[u8]], arguments: &[&[u8]]) -> mlua::Result<Reply> {
        let function = self.function(text, without)?;
        self.lua.globals().set("KEYS", self.list(names)?)?;
        self.lua.globals().set("ARGV", self.list(arguments)?)?;
        from_lua(function.call::<Value>(())?)
    }

    fn function(&self, text: &[u8], without: Without) -> mlua::Result<Function> {
        let name = (text.to_vec(), without);
        if let Some(function) = self.compiled.borrow().get(&name) {
            return Ok(function.clone());
        }
        let function = self.lua.load(without.script(text)).into_function()?;
        self.compiled.borrow_mut().insert(name, function.clone());
        Ok(function)
    }

    fn list(&self, words: &[&[u8]]) -> mlua::Result<Table> {
        let strings: Vec<_> = words.iter().map(|word| self.lua.create_string(word)).collect::<mlua::Result<_>>()?;
        self.lua.create_sequence_from(strings)
    }
}

fn word(value: &Value) -> mlua::Result<Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Integer(number) => Ok(number.to_string().into_bytes()),
        Value::Number(number) => Ok(format!("{number}").into_bytes()),
        _ => Err(mlua::Error::runtime("Lua redis lib command arguments must be strings or integers")),
    }
}

fn to_lua(lua: &Lua, reply: Reply) -> mlua::Result<Value> {
    match reply {
        Reply::Nil => Ok(Value::Boolean(false)),
        Reply::Int(number) => number.into_lua(lua),
        Reply::Bulk(text) => Ok(Value::String(lua.create_string(&text)?)),
        Reply::Status(text) => {
            let table = lua.create_table()?;
            table.set("ok", text)?;
            Ok(Value::Table(table))
        }
        Reply::Array(parts) => {
            let parts: Vec<Value> = parts.into_iter().map(|part| to_lua(lua, part)).collect::<mlua::Result<_>>()?;
            Ok(Value::Table(lua.create_sequence_from(parts)?))
        }
        Reply::Error(error) => Err(mlua::Error::runtime(error)),
    }
}

/// As Redis converts: a table ends at the first nil, false is nil, a number loses its fraction.
fn from_lua(value: Value) -> mlua::Result<Reply> {
    Ok(match value {
        Value::Integer(number) => Reply::Int(number),
        Value::Number(number) => Reply::Int(number as i64),
        Value::String(text) => Reply::Bulk(text.as_bytes().to_vec()),
        Value::Boolean(true) => Reply::Int(1),
        Value::Table(table) => {
            let parts = table.sequence_values::<Value>().map(|part| from_lua(part?));
            Reply::Array(parts.collect::<mlua::Result<_>>()?)
        }
        _ => Reply::Nil,
    })
}
