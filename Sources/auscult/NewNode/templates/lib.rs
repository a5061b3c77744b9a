//! detector.@NAME@: the distance of a token's level from the usual one.
//!
//! A token is what the node before yields: features (a value for each band) or a slice (such rows one after the other).
//! Its level is the mean of its values; the score is how far that is from the usual level of the machine. The usual
//! level and the threshold come from the graph, or from a model that `auscult train` wrote.
//!
//! To make a detector of your own, change `level_of` and what is learned and loaded (`take`, `write`, `load`). `HARD`
//! below promises that `process` never allocates, locks, waits or makes a system call, so that it may run on the realtime
//! thread. A panic ends the whole program (see Cargo.toml), so nothing here may panic.

mod abi;

use abi::*;
use std::ffi::{c_void, CStr, CString};
use std::mem::size_of;
use std::os::raw::c_char;
use std::path::Path;
use std::ptr::{null, null_mut};

/// Scores must be finite, whatever the input is.
const GREATEST_SCORE: f64 = 1e30;

/// What is known of one machine; NAN: not known yet.
#[derive(Clone, Copy)]
struct Machine {
    /// The level of usual tokens.
    usual: f64,
    /// A score above it is anomalous.
    threshold: f64,
}

const UNKNOWN: Machine = Machine { usual: f64::NAN, threshold: f64::NAN };

struct Detector {
    host: *const Host,
    /// Path of the model.
    model: Option<CString>,
    /// Of the graph, for all machines; NAN: those of the model.
    given: Machine,
    /// Values in a token.
    width: usize,
    /// A channel is a machine.
    machines: Vec<Machine>,
    digest: CString,
    producer: Producer,
    training: *const Training,
}

/// What is wrong, and with which parameter. The host shows it at the parameter's line, or at the node's.
enum Problem {
    New(String, &'static str),
    /// The host has written it to its `Error`.
    AlreadyTold,
}

/// Literals for C: `text!("in")`.
macro_rules! text {
    ($literal:expr) => {
        concat!($literal, "\0").as_ptr() as *const c_char
    };
}

fn level_of(values: &[f32]) -> f64 {
    let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
    sum / values.len() as f64
}

impl Detector {
    /// The host has checked types, units, ranges and words of all arguments.
    fn new(host: *const Host, arguments: &[Argument]) -> Detector {
        let mut node = Detector {
            host,
            model: None,
            given: UNKNOWN,
            width: 1,
            machines: Vec::new(),
            digest: CString::default(),
            producer: Producer {
                size: size_of::<Producer>() as u32,
                node: null(),
                class_name: null(),
                library: null(),
                model: null(),
                class_names: null(),
                class_name_count: 0,
            },
            training: null(),
        };
        for Argument { name, value } in arguments {
            match unsafe { CStr::from_ptr(*name) }.to_bytes() {
                b"model" => node.model = Some(unsafe { CStr::from_ptr(value.text) }.to_owned()),
                // Otherwise the word 'model'.
                b"usual" if value.kind == NUMBER => node.given.usual = value.number,
                b"threshold" if value.kind == NUMBER => node.given.threshold = value.number,
                _ => (),
            }
        }
        node
    }

    /// Reads the format of the input, and tells the format of the output.
    unsafe fn configure(&mut self, setup: &Setup, answer: &mut Answer, error: *mut Error) -> Result<(), Problem> {
        let input = &*setup.inputs;
        self.width = input.rows as usize * input.columns as usize;
        self.machines = vec![UNKNOWN; input.channels as usize];
        // A graph may be checked before its model exists; `activate` insists on it.
        if let Some(path) = self.model.clone().filter(|path| exists(path)) {
            self.load(&path, input, error)?;
            self.producer.model = self.digest.as_ptr();
            answer.producer = &self.producer;
        }
        for machine in &mut self.machines {
            if !self.given.usual.is_nan() {
                machine.usual = self.given.usual;
            }
            if !self.given.threshold.is_nan() {
                machine.threshold = self.given.threshold;
            }
        }
        let output = &mut *answer.outputs;
        output.kind = SCORE;
        output.rows = 1;
        output.columns = 1;
        output.scale = SCALE_OTHER;
        output.stamp = STAMP_NODE; // a score has its token's position
        *answer.bursts = 64; // nodes before this one may hold tokens back, and deliver many in one call
        answer.history = (input.extent + input.denominator - 1) / input.denominator;
        Ok(())
    }

    unsafe fn load(&mut self, path: &CString, input: &Format, error: *mut Error) -> Result<(), Problem> {
        let models = ((*self.host).extension)(self.host, text!("models/1")) as *const Models;
        let models = models.as_ref().ok_or_else(|| Problem::New("this host reads no models".into(), "model"))?;
        let mut model: *mut Model = null_mut();
        if (models.open)(self.host, path.as_ptr(), &mut model, error) != OK {
            return Err(Problem::AlreadyTold);
        }
        let names = std::slice::from_raw_parts(input.machines, self.machines.len());
        let loaded: Result<Vec<Machine>, Problem> =
            names.iter().map(|&name| load_machine(models, model, name, error)).collect();
        self.digest = CStr::from_ptr((models.digest)(model)).to_owned();
        (models.close)(model);
        self.machines = loaded?;
        Ok(())
    }

    fn activate(&self) -> Result<(), Problem> {
        if !self.machines.iter().any(|machine| machine.usual.is_nan() || machine.threshold.is_nan()) {
            return Ok(());
        }
        Err(Problem::New(
            match &self.model {
                Some(path) => format!(
                    "{} does not exist, or has no threshold: train it with `auscult train`",
                    path.to_string_lossy()
                ),
                None => "needs a model of `auscult train`, or numbers for 'usual' and 'threshold'".into(),
            },
            "model",
        ))
    }

    /// Judges all tokens that have arrived. No allocation, no lock, no system call here.
    unsafe fn process(&self, input: &Block, output: &mut Block) {
        for token in 0..input.count {
            for (channel, machine) in self.machines.iter().enumerate() {
                let values = std::slice::from_raw_parts(input.element(token, channel as u32), self.width);
                let distance = (level_of(values) - machine.usual).abs();
                *output.element(token, channel as u32) = Score {
                    score: if distance < GREATEST_SCORE { distance } else { GREATEST_SCORE },
                    threshold: machine.threshold,
                    class_index: -1,
                    probability: 0.0,
                    band_count: 0,
                    bands: [0; 8],
                };
            }
            *output.heads.add(token as usize) = *input.heads.add(token as usize);
        }
        output.count = input.count;
    }

    // Training: begin, take (each machine's tokens), fit, write, end. The host finds the threshold from the scores.

    fn begin(&mut self, training: &Training) {
        self.training = training;
        self.machines = vec![UNKNOWN; training.machine_count as usize];
    }

    unsafe fn take(&mut self, examples: &Examples) {
        let (count, width) = (examples.count as usize, examples.width as usize);
        let values = std::slice::from_raw_parts(examples.values, count * width);
        let sum: f64 = values.chunks_exact(width).map(level_of).sum();
        if let Some(machine) = self.machines.get_mut(examples.machine as usize) {
            machine.usual = sum / count as f64;
        }
    }

    unsafe fn fit(&self) -> Result<(), Problem> {
        match ((*self.training).progress)(self.training, 1.0, text!("levels")) {
            0 => Ok(()),
            _ => Err(Problem::New("interrupted".into(), "")),
        }
    }

    unsafe fn write(&self, writer: &ModelWriter) -> Result<(), Problem> {
        // A machine without tokens stays unknown.
        for (index, machine) in self.machines.iter().enumerate().filter(|(_, machine)| !machine.usual.is_nan()) {
            let usual = &machine.usual as *const f64 as *const c_void;
            if (writer.tensor)(writer, index as i32, text!("usual"), FLOAT64, 1, &1, usual) != OK {
                return Err(Problem::New("the host refused the usual level".into(), ""));
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        self.machines = Vec::new();
        self.training = null();
    }
}

fn exists(path: &CStr) -> bool {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(path.to_bytes())).exists()
}

unsafe fn load_machine(
    models: &Models, model: *const Model, name: *const c_char, error: *mut Error,
) -> Result<Machine, Problem> {
    let index = (models.machine)(model, name);
    if index < 0 {
        let known = CStr::from_ptr((models.machines)(model)).to_string_lossy();
        let name = CStr::from_ptr(name).to_string_lossy();
        return Err(Problem::New(format!("the model does not know the machine '{name}', only {known}"), "model"));
    }
    let size = size_of::<Tensor>() as u32;
    let mut tensor = Tensor { size, kind: 0, rank: 0, reserved: 0, shape: null(), data: null() };
    if (models.tensor)(model, index, text!("usual"), &mut tensor, error) != OK {
        return Err(Problem::AlreadyTold);
    }
    if tensor.kind != FLOAT64 || tensor.rank != 1 || *tensor.shape != 1 {
        return Err(Problem::New("the model is of another detector: train one for this one".into(), "model"));
    }
    Ok(Machine { usual: *(tensor.data as *const f64), threshold: (models.threshold)(model, index) })
}

// The functions of the ABI.

/// Writes what went wrong to the host's `Error`.
unsafe fn told(result: Result<(), Problem>, error: *mut Error) -> Status {
    match result {
        Ok(()) => return OK,
        Err(Problem::New(text, parameter)) => {
            put(&text, &mut (*error).text);
            put(parameter, &mut (*error).parameter);
        }
        Err(Problem::AlreadyTold) => (),
    }
    FAILED
}

/// A text as C has it, cut if it is too long.
fn put(text: &str, field: &mut [u8]) {
    let mut end = text.len().min(field.len() - 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    field[..end].copy_from_slice(&text.as_bytes()[..end]);
    field[end] = 0;
}

unsafe fn detector<'a>(instance: *mut c_void) -> &'a mut Detector {
    &mut *(instance as *mut Detector)
}

extern "C" fn create(
    _: *const Class, host: *const Host, count: u32, arguments: *const Argument, instance: *mut *mut c_void,
    _: *mut Error,
) -> Status {
    unsafe {
        let arguments = if count == 0 { &[] } else { std::slice::from_raw_parts(arguments, count as usize) };
        *instance = Box::into_raw(Box::new(Detector::new(host, arguments))) as *mut c_void;
    }
    OK
}

extern "C" fn configure(instance: *mut c_void, setup: *const Setup, answer: *mut Answer, error: *mut Error) -> Status {
    unsafe { told(detector(instance).configure(&*setup, &mut *answer, error), error) }
}

extern "C" fn activate(instance: *mut c_void, error: *mut Error) -> Status {
    unsafe { told(detector(instance).activate(), error) }
}

extern "C" fn process(instance: *mut c_void, cycle: *mut Cycle) -> Status {
    unsafe { detector(instance).process(&**(*cycle).inputs, &mut **(*cycle).outputs) };
    OK
}

extern "C" fn deactivate(_: *mut c_void) {}

extern "C" fn destroy(instance: *mut c_void) {
    unsafe { drop(Box::from_raw(instance as *mut Detector)) }
}

extern "C" fn begin(instance: *mut c_void, training: *const Training, _: *mut Error) -> Status {
    unsafe { detector(instance).begin(&*training) };
    OK
}

extern "C" fn take(instance: *mut c_void, examples: *const Examples, _: *mut Error) -> Status {
    unsafe { detector(instance).take(&*examples) };
    OK
}

extern "C" fn fit(instance: *mut c_void, error: *mut Error) -> Status {
    unsafe { told(detector(instance).fit(), error) }
}

extern "C" fn write(instance: *mut c_void, writer: *const ModelWriter, error: *mut Error) -> Status {
    unsafe { told(detector(instance).write(&*writer), error) }
}

extern "C" fn end(instance: *mut c_void) {
    unsafe { detector(instance).end() }
}

static TRAINER: Constant<Trainer> = Constant(Trainer {
    size: size_of::<Trainer>() as u32,
    flags: TRAINER_SEEDLESS,
    begin,
    take,
    fit,
    write,
    end,
});

extern "C" fn extension(_: *const Class, name: *const c_char) -> *const c_void {
    match unsafe { CStr::from_ptr(name) }.to_bytes() {
        b"trainer/1" => &TRAINER as *const Constant<Trainer> as *const c_void,
        _ => null(),
    }
}

// What `auscult nodes detector.@NAME@` shows, and graphs are checked against.

static INPUTS: Constant<[Port; 1]> = Constant([Port {
    size: size_of::<Port>() as u32,
    name: text!("in"),
    kinds: FEATURES | SLICE,
    flags: 0,
    summary: text!("Levels of bands"),
}]);

static OUTPUTS: Constant<[Port; 1]> = Constant([Port {
    size: size_of::<Port>() as u32,
    name: text!("score"),
    kinds: SCORE,
    flags: 0,
    summary: text!("Distance from the usual level"),
}]);

static LEARNED: Constant<[*const c_char; 2]> = Constant([text!("model"), null()]);

const NONE: Parameter = Parameter {
    size: size_of::<Parameter>() as u32,
    name: null(),
    kind: 0,
    units: 0,
    unit: 0,
    flags: 0,
    minimum: 0.0,
    maximum: 0.0,
    initial: null(),
    choices: null(),
    summary: null(),
};

static PARAMETERS: Constant<[Parameter; 3]> = Constant([
    Parameter { name: text!("model"), kind: INPUT_PATH, summary: text!("A model file of `auscult train`"), ..NONE },
    Parameter {
        name: text!("usual"),
        kind: NUMBER,
        units: UNIT_DECIBEL,
        minimum: -1e6,
        maximum: 1e6,
        initial: text!("model"),
        choices: &LEARNED as *const Constant<[*const c_char; 2]> as *const *const c_char,
        summary: text!("The usual level, in the input's unit; 'model': as learned"),
        ..NONE
    },
    Parameter {
        name: text!("threshold"),
        kind: NUMBER,
        units: UNIT_DECIBEL,
        minimum: 0.0,
        maximum: 1e6,
        initial: text!("model"),
        choices: &LEARNED as *const Constant<[*const c_char; 2]> as *const *const c_char,
        summary: text!("Scores above it are anomalous; 'model': as learned"),
        ..NONE
    },
]);

static CLASS: Constant<Class> = Constant(Class {
    size: size_of::<Class>() as u32,
    name: text!("detector.@NAME@"),
    version: text!("1.0.0"),
    summary: text!("Distance of the level from the usual one."),
    realtime: HARD,
    traits: TRAIT_DETECTOR | TRAIT_TRAINABLE,
    input_count: 1,
    output_count: 1,
    parameter_count: 3,
    reserved: 0,
    inputs: &INPUTS as *const Constant<[Port; 1]> as *const Port,
    outputs: &OUTPUTS as *const Constant<[Port; 1]> as *const Port,
    parameters: &PARAMETERS as *const Constant<[Parameter; 3]> as *const Parameter,
    record: null(),
    create,
    configure,
    activate,
    reset: None,
    process,
    deactivate,
    destroy,
    extension: Some(extension),
});

static CLASSES: Constant<[&Constant<Class>; 1]> = Constant([&CLASS]);

/// Without a build id of its own, the library has the one that the linker writes: every build has another.
static LIBRARY: Constant<Library> = Constant(Library {
    size: size_of::<Library>() as u32,
    abi_major: ABI_MAJOR,
    abi_minor: ABI_MINOR,
    class_count: 1,
    build_id: null(),
    classes: &CLASSES as *const Constant<[&Constant<Class>; 1]> as *const &Constant<Class>,
});

/// The plugin's one exported symbol.
#[no_mangle]
pub extern "C" fn auscult_library() -> *const Library {
    &LIBRARY.0
}
