//! The Auscult node ABI, major version 1, as far as this node needs it: the structs of auscult/node.h, model.h and
//! trainer.h in Rust. auscult/node.h describes every member; sizes in bytes and thread rules are the same.
//!
//! Optional functions of structs that the host fills are `Option`, too, where the header allows NULL.
#![allow(dead_code)]

use std::ffi::c_void;
use std::os::raw::c_char;

pub type Status = i32;
pub const OK: Status = 0;
pub const FAILED: Status = -1;

pub const ABI_MAJOR: u32 = 1;
pub const ABI_MINOR: u32 = 3;

pub const FEATURES: u32 = 0x04;
pub const SLICE: u32 = 0x08;
pub const SCORE: u32 = 0x10;
pub const STAMP_NODE: u32 = 1;
pub const SCALE_OTHER: u32 = 3;
pub const NUMBER: u32 = 1;
pub const INPUT_PATH: u32 = 6;
pub const UNIT_DECIBEL: u32 = 0x04;
pub const HARD: u32 = 1;
pub const TRAIT_DETECTOR: u32 = 0x04;
pub const TRAIT_TRAINABLE: u32 = 0x08;
pub const FLOAT64: u32 = 2;
pub const TRAINER_SEEDLESS: u32 = 0x4;

/// A constant that the host reads from any thread.
#[repr(transparent)]
pub struct Constant<T>(pub T);
unsafe impl<T> Sync for Constant<T> {}

#[repr(C)]
pub struct Error {
    pub size: u32,
    pub text: [u8; 512],
    pub parameter: [u8; 64],
}

#[repr(C)]
pub struct Format {
    pub size: u32,
    pub kind: u32,
    pub channels: u32,
    pub rows: u32,
    pub columns: u32,
    pub driver_rate: u32,
    pub denominator: i64,
    pub period: i64,
    pub extent: i64,
    pub offset: i64,
    pub lookahead: i64,
    pub stamp: u32,
    pub scale: u32,
    pub frequencies: *const f32,
    pub frequency_count: u32,
    pub silent_share: u32,
    pub machines: *const *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Head {
    pub origin: i64,
    pub index: i64,
    pub segment: i64,
    pub flags: u32,
    pub generation: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Score {
    pub score: f64,
    pub threshold: f64,
    pub class_index: i32,
    pub probability: f32,
    pub band_count: u32,
    pub bands: [u32; 8],
}

#[repr(C)]
pub struct Gap {
    pub begin: i64,
    pub end: i64,
    pub cause: u32,
    pub count: u32,
    pub node: *const c_char,
}

#[repr(C)]
pub struct Producer {
    pub size: u32,
    pub node: *const c_char,
    pub class_name: *const c_char,
    pub library: *const c_char,
    pub model: *const c_char,
    pub class_names: *const *const c_char,
    pub class_name_count: u32,
}

#[repr(C)]
pub struct Block {
    pub size: u32,
    pub flags: u32,
    pub count: u32,
    pub capacity: u32,
    pub token_stride: u32,
    pub channel_stride: u32,
    pub data: *mut c_void,
    pub heads: *mut Head,
    pub marks: *mut u8,
    pub mark_token_stride: u32,
    pub mark_channel_stride: u32,
    pub complete: i64,
    pub gap: Gap,
    pub format: *const Format,
    pub producer: *const Producer,
    pub end: i64,
    pub learned: i64,
    pub learned_marks: *mut u8,
}

impl Block {
    /// Element (token, channel).
    ///
    /// # Safety
    /// `T` is what a token of this block consists of, and the block has such a token and channel.
    pub unsafe fn element<T>(&self, token: u32, channel: u32) -> *mut T {
        let offset = token as usize * self.token_stride as usize + channel as usize * self.channel_stride as usize;
        (self.data as *mut u8).add(offset) as *mut T
    }
}

#[repr(C)]
pub struct Parameter {
    pub size: u32,
    pub name: *const c_char,
    pub kind: u32,
    pub units: u32,
    pub unit: u32,
    pub flags: u32,
    pub minimum: f64,
    pub maximum: f64,
    pub initial: *const c_char,
    pub choices: *const *const c_char,
    pub summary: *const c_char,
}

#[repr(C)]
pub struct Value {
    pub size: u32,
    pub kind: u32,
    pub number: f64,
    pub unit: u32,
    pub count: u32,
    pub text: *const c_char,
    pub items: *const Value,
    pub keys: *const *const c_char,
}

#[repr(C)]
pub struct Argument {
    pub name: *const c_char,
    pub value: Value,
}

#[repr(C)]
pub struct Host {
    pub size: u32,
    pub context: *mut c_void,
    pub graph: *const c_char,
    pub node: *const c_char,
    pub log: extern "C" fn(*const Host, i32, *const c_char),
    pub wall_time: extern "C" fn(*const Host, i64) -> i64,
    pub clock_steps: extern "C" fn(*const Host) -> u64,
    pub file: extern "C" fn(*const Host) -> *const c_char,
    pub extension: extern "C" fn(*const Host, *const c_char) -> *const c_void,
}

#[repr(C)]
pub struct Port {
    pub size: u32,
    pub name: *const c_char,
    pub kinds: u32,
    pub flags: u32,
    pub summary: *const c_char,
}

#[repr(C)]
pub struct Setup {
    pub size: u32,
    pub driver_rate: u32,
    pub quantum: u32,
    pub input_count: u32,
    pub inputs: *const Format,
    pub input_ports: *const u32,
    pub input_nodes: *const *const c_char,
    pub memory: u64,
}

#[repr(C)]
pub struct Answer {
    pub size: u32,
    pub output_count: u32,
    pub outputs: *mut Format,
    pub bursts: *mut u32,
    pub latency: i64,
    pub history: i64,
    pub reach: i64,
    pub external_inputs: u32,
    pub external_outputs: u32,
    pub external_connect: *const *const c_char,
    pub channel_map: *const u32,
    pub producer: *const Producer,
    pub memory: u64,
}

#[repr(C)]
pub struct Cycle {
    pub size: u32,
    pub input_count: u32,
    pub output_count: u32,
    pub reserved: u32,
    pub inputs: *const *const Block,
    pub outputs: *const *mut Block,
    pub clock: *const c_void,
    pub external_inputs: *const *const f32,
    pub external_outputs: *const *mut f32,
    pub failure: *const c_char,
    pub external_connected: *const u8,
}

#[repr(C)]
pub struct Class {
    pub size: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub summary: *const c_char,
    pub realtime: u32,
    pub traits: u32,
    pub input_count: u32,
    pub output_count: u32,
    pub parameter_count: u32,
    pub reserved: u32,
    pub inputs: *const Port,
    pub outputs: *const Port,
    pub parameters: *const Parameter,
    pub record: *const c_void,
    pub create:
        extern "C" fn(*const Class, *const Host, u32, *const Argument, *mut *mut c_void, *mut Error) -> Status,
    pub configure: extern "C" fn(*mut c_void, *const Setup, *mut Answer, *mut Error) -> Status,
    pub activate: extern "C" fn(*mut c_void, *mut Error) -> Status,
    pub reset: Option<extern "C" fn(*mut c_void)>,
    pub process: extern "C" fn(*mut c_void, *mut Cycle) -> Status,
    pub deactivate: extern "C" fn(*mut c_void),
    pub destroy: extern "C" fn(*mut c_void),
    pub extension: Option<extern "C" fn(*const Class, *const c_char) -> *const c_void>,
}

#[repr(C)]
pub struct Library {
    pub size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub class_count: u32,
    pub build_id: *const c_char,
    pub classes: *const &'static Constant<Class>,
}

/// An opened model file, of the host.
#[repr(C)]
pub struct Model {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct Tensor {
    pub size: u32,
    pub kind: u32,
    pub rank: u32,
    pub reserved: u32,
    pub shape: *const u64,
    pub data: *const c_void,
}

#[repr(C)]
pub struct Models {
    pub size: u32,
    pub open: extern "C" fn(*const Host, *const c_char, *mut *mut Model, *mut Error) -> Status,
    pub close: extern "C" fn(*mut Model),
    pub machine: extern "C" fn(*const Model, *const c_char) -> i32,
    pub machines: extern "C" fn(*const Model) -> *const c_char,
    pub tensor: extern "C" fn(*const Model, i32, *const c_char, *mut Tensor, *mut Error) -> Status,
    pub text: extern "C" fn(*const Model, *const c_char) -> *const c_char,
    pub threshold: extern "C" fn(*const Model, i32) -> f64,
    pub labels: extern "C" fn(*const Model) -> *const *const c_char,
    pub digest: extern "C" fn(*const Model) -> *const c_char,
}

#[repr(C)]
pub struct ModelWriter {
    pub size: u32,
    pub context: *mut c_void,
    pub tensor:
        extern "C" fn(*const ModelWriter, i32, *const c_char, u32, u32, *const u64, *const c_void) -> Status,
    pub text: extern "C" fn(*const ModelWriter, *const c_char, *const c_char) -> Status,
}

#[repr(C)]
pub struct Training {
    pub size: u32,
    pub machine_count: u32,
    pub machines: *const *const c_char,
    pub label_count: u32,
    pub reserved: u32,
    pub labels: *const *const c_char,
    pub format: *const Format,
    pub seed: u64,
    pub context: *mut c_void,
    pub progress: extern "C" fn(*const Training, f64, *const c_char) -> i32,
    pub epoch: Option<extern "C" fn(*const Training, *const c_void) -> i32>,
    pub memory: u64,
}

#[repr(C)]
pub struct Examples {
    pub size: u32,
    pub machine: u32,
    pub count: u64,
    pub width: u64,
    pub values: *const f32,
    pub labels: *const i32,
    pub recordings: *const u32,
    pub tokens: *const *const f32,
}

#[repr(C)]
pub struct Trainer {
    pub size: u32,
    pub flags: u32,
    pub begin: extern "C" fn(*mut c_void, *const Training, *mut Error) -> Status,
    pub take: extern "C" fn(*mut c_void, *const Examples, *mut Error) -> Status,
    pub fit: extern "C" fn(*mut c_void, *mut Error) -> Status,
    pub write: extern "C" fn(*mut c_void, *const ModelWriter, *mut Error) -> Status,
    pub end: extern "C" fn(*mut c_void),
}
