//! PROJ as this machine has it: for the coordinate systems that are not built in, a few hundred of EPSG's and those of
//! Esri, IGN and others.
//!
//! It is opened when it is first needed. Were it linked, the program would start only where its thirty libraries are, and
//! every start would wait for them.

use libloading::Library;
use std::{
    ffi::{CStr, CString, c_char, c_double, c_int, c_void},
    fmt,
    ptr::{self, NonNull},
    sync::{Mutex, OnceLock, PoisonError},
};

/// The library's names, newest first. All that is called of it is there since PROJ 6.2 (September 2019).
const NAMES: &[&str] = if cfg!(windows) {
    &["proj_9.dll", "proj_9_4.dll", "proj_9_3.dll", "proj_9_2.dll", "proj_9_1.dll", "proj_9_0.dll", "proj.dll"]
} else if cfg!(target_os = "macos") {
    &["libproj.dylib", "/opt/homebrew/lib/libproj.dylib", "/usr/local/lib/libproj.dylib"]
} else {
    &["libproj.so.25", "libproj.so.22", "libproj.so.19", "libproj.so.15", "libproj.so"]
};
/// Words of texts that name files, which PROJ would open wherever they are, even where that never ends.
const OF_FILES: [&str; 4] = ["init=", "grids", "parameterfile", " file\""];
/// Longer texts are refused.
const LONGEST: usize = 1 << 20;
/// Longitude and latitude in WGS 84.
const WGS_84: &CStr = c"EPSG:4326";

// `PJ_TYPE` of proj.h.
const GEOGRAPHIC_2D_CRS: c_int = 12;
const GEOGRAPHIC_3D_CRS: c_int = 13;
const PROJECTED_CRS: c_int = 15;
const COMPOUND_CRS: c_int = 16;
const BOUND_CRS: c_int = 19;
const DERIVED_PROJECTED_CRS: c_int = 28;

// `PJ_DIRECTION` of proj.h.
const FORWARD: c_int = 1;
const INVERSE: c_int = -1;

/// A coordinate system that PROJ knows.
pub(super) struct Installed {
    /// Its code with its authority (`ESRI:102025`), or else as PROJ or the text calls it.
    pub(super) name: String,
    /// Whether its coordinates are angles.
    pub(super) is_geographic: bool,
    proj: &'static Proj,
    text: CString,
    /// What PROJ computes with, each for one thread at a time.
    idle: Mutex<Vec<Way>>,
}

impl fmt::Debug for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Installed").field("text", &self.text).finish_non_exhaustive()
    }
}

impl Installed {
    /// A system by anything that PROJ reads: a code with its authority (`ESRI:102025`), a name, WKT, PROJJSON, or a string
    /// of PROJ's own. Why there is none, if there is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        static FOUND: OnceLock<Result<Proj, String>> = OnceLock::new();
        let proj = FOUND.get_or_init(|| Proj::open(NAMES)).as_ref().map_err(Clone::clone)?;
        let text = text.trim();
        let small = text.to_ascii_lowercase();
        if OF_FILES.iter().any(|word| small.contains(word)) {
            return Err("it names files of grids, which are not opened: name a system that PROJ has a code for".into());
        }
        // PROJ takes its strings for operations, not systems, unless they say so.
        let is_string = text.starts_with('+') && !text.contains("+type=crs");
        let whole = if is_string { format!("{text} +type=crs") } else { text.to_owned() };
        let source = CString::new(whole).ok().filter(|t| t.as_bytes().len() <= LONGEST);
        let source = source.ok_or("its definition is longer than a megabyte, or has a zero in it")?;
        let mut way = Way::new(proj, &source)?;
        // PROJ takes the name that is nearest; a person is better asked.
        let is_name = !text.contains([':', '[', '{']) && !text.starts_with('+');
        if is_name && plain(&way.name) != plain(text) {
            return Err(format!("the nearest that PROJ knows is `{}`", way.name));
        }
        // A code says which system it is, whatever way it was asked for.
        let name = match way.code.take() {
            Some(code) => code,
            None if way.name.is_empty() || way.name == "unknown" => text.chars().take(200).collect(),
            None => way.name.clone(),
        };
        let is_geographic = way.is_geographic;
        Ok(Self { name, is_geographic, proj, text: source, idle: Mutex::new(vec![way]) })
    }

    /// The version of PROJ, such as `9.1.1`.
    pub(super) fn version(&self) -> &str {
        &self.proj.version
    }

    /// Longitude and latitude in WGS 84, degrees; infinite where there is none.
    pub(super) fn place(&self, x: f64, y: f64) -> (f64, f64) {
        self.run(FORWARD, x, y)
    }

    /// Coordinates of a place in WGS 84, degrees: the longitude or easting, then the latitude or northing; infinite where
    /// there are none.
    pub(super) fn coordinates(&self, lon: f64, lat: f64) -> (f64, f64) {
        self.run(INVERSE, lon, lat)
    }

    fn run(&self, direction: c_int, x: f64, y: f64) -> (f64, f64) {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let Some(mut way) = taken.or_else(|| Way::new(self.proj, &self.text).ok()) else {
            return (f64::INFINITY, f64::INFINITY);
        };
        let out = way.run(direction, x, y);
        idle().push(way);
        out
    }
}

/// The functions of the library.
struct Proj {
    version: String,
    context_create: unsafe extern "C" fn() -> *mut c_void,
    context_destroy: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    log_level: unsafe extern "C" fn(*mut c_void, c_int) -> c_int,
    create: unsafe extern "C" fn(*mut c_void, *const c_char) -> *mut c_void,
    destroy: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    get_type: unsafe extern "C" fn(*const c_void) -> c_int,
    get_name: unsafe extern "C" fn(*const c_void) -> *const c_char,
    get_id_auth_name: unsafe extern "C" fn(*const c_void, c_int) -> *const c_char,
    get_id_code: unsafe extern "C" fn(*const c_void, c_int) -> *const c_char,
    get_sub_crs: unsafe extern "C" fn(*mut c_void, *const c_void, c_int) -> *mut c_void,
    get_source_crs: unsafe extern "C" fn(*mut c_void, *const c_void) -> *mut c_void,
    crs_to_crs: CrsToCrs,
    normalize: unsafe extern "C" fn(*mut c_void, *const c_void) -> *mut c_void,
    errno_reset: unsafe extern "C" fn(*const c_void) -> c_int,
    trans_array: unsafe extern "C" fn(*mut c_void, c_int, usize, *mut [c_double; 4]) -> c_int,
    /// What the functions are in.
    _library: Library,
}

/// The context, source, target, area and options of `proj_create_crs_to_crs_from_pj`.
type CrsToCrs =
    unsafe extern "C" fn(*mut c_void, *const c_void, *const c_void, *mut c_void, *const *const c_char) -> *mut c_void;

/// `PJ_INFO` of proj.h.
#[repr(C)]
struct Info {
    version: [c_int; 3],
    release: *const c_char,
    version_text: *const c_char,
    search_path: *const c_char,
    paths: *const *const c_char,
    path_count: usize,
}

impl Proj {
    fn open(names: &[&str]) -> Result<Self, String> {
        let library = names.iter().find_map(|name| library(name)).ok_or(
            "PROJ, which may know it, is not installed here (it is libproj25 in Debian and Ubuntu, proj in Fedora and \
             Homebrew; on Windows, put the folder of its DLL into PATH)",
        )?;
        Self::link(library).map_err(|e| format!("PROJ, which may know it, is older here than 6.2: {e}"))
    }

    fn link(library: Library) -> Result<Self, libloading::Error> {
        // SAFETY: these are the functions' types in proj.h, the same in every version since the one that brought each.
        unsafe {
            let info = library.get::<unsafe extern "C" fn() -> Info>(b"proj_info\0")?;
            let [major, minor, patch] = info().version;
            Ok(Self {
                version: format!("{major}.{minor}.{patch}"),
                context_create: *library.get(b"proj_context_create\0")?,
                context_destroy: *library.get(b"proj_context_destroy\0")?,
                log_level: *library.get(b"proj_log_level\0")?,
                create: *library.get(b"proj_create\0")?,
                destroy: *library.get(b"proj_destroy\0")?,
                get_type: *library.get(b"proj_get_type\0")?,
                get_name: *library.get(b"proj_get_name\0")?,
                get_id_auth_name: *library.get(b"proj_get_id_auth_name\0")?,
                get_id_code: *library.get(b"proj_get_id_code\0")?,
                get_sub_crs: *library.get(b"proj_crs_get_sub_crs\0")?,
                get_source_crs: *library.get(b"proj_get_source_crs\0")?,
                crs_to_crs: *library.get(b"proj_create_crs_to_crs_from_pj\0")?,
                normalize: *library.get(b"proj_normalize_for_visualization\0")?,
                errno_reset: *library.get(b"proj_errno_reset\0")?,
                trans_array: *library.get(b"proj_trans_array\0")?,
                _library: library,
            })
        }
    }
}

/// A library, from where the system has its libraries.
#[cfg(not(windows))]
fn library(name: &str) -> Option<Library> {
    // SAFETY: PROJ does nothing when it is opened but set up its own constants.
    unsafe { Library::new(name) }.ok()
}

/// A library, from a folder of `PATH`: by its name alone it would be taken from the folder of the data first.
#[cfg(windows)]
fn library(name: &str) -> Option<Library> {
    use libloading::os::windows::{LOAD_LIBRARY_SEARCH_DEFAULT_DIRS, LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR, Library as Dll};
    let folders = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&folders).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| {
        let flags = LOAD_LIBRARY_SEARCH_DEFAULT_DIRS | LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;
        // SAFETY: PROJ does nothing when it is opened but set up its own constants.
        unsafe { Dll::load_with_flags(folder.join(name), flags) }.ok().map(Library::from)
    })
}

/// The way from a system to WGS 84, for one thread at a time.
struct Way {
    name: String,
    code: Option<String>,
    is_geographic: bool,
    // Before the context, which it lives in: fields are dropped in their order.
    operation: Object,
    _context: Context,
}

// SAFETY: PROJ's objects and contexts may go from thread to thread, as long as one at a time uses a context and what was
// made in it (https://proj.org/development/threads.html); both are in here, and a way is used by `&mut` alone.
unsafe impl Send for Way {}

impl Way {
    fn new(proj: &'static Proj, text: &CStr) -> Result<Self, String> {
        let version = &proj.version;
        let unknown = || format!("PROJ {version} does not know it");
        let context = Context::new(proj).ok_or_else(|| format!("PROJ {version} does not start"))?;
        let found = context.create(text).ok_or_else(unknown)?;
        let (name, code) = (found.name(), found.code());
        // Heights go their own way.
        let source = if found.kind() == COMPOUND_CRS { context.sub(&found).ok_or_else(unknown)? } else { found };
        let base = if source.kind() == BOUND_CRS { context.source(&source) } else { None };
        let is_geographic = match base.as_ref().unwrap_or(&source).kind() {
            GEOGRAPHIC_2D_CRS | GEOGRAPHIC_3D_CRS => true,
            PROJECTED_CRS | DERIVED_PROJECTED_CRS => false,
            _ => return Err(format!("`{name}` is not a plane or geographic system")),
        };
        let operation = context.create(WGS_84).and_then(|target| context.between(&source, &target));
        let operation = operation.ok_or_else(|| format!("PROJ {version} knows no way from `{name}` to WGS 84"))?;
        Ok(Self { name, code, is_geographic, operation, _context: context })
    }

    fn run(&mut self, direction: c_int, x: f64, y: f64) -> (f64, f64) {
        // An infinite time is none, as PROJ has it.
        let mut at = [x, y, 0.0, f64::INFINITY];
        let (proj, operation) = (self.operation.proj, self.operation.at.as_ptr());
        // SAFETY: the operation lives, and one coordinate is what is pointed at. Old versions keep the error of the last one.
        let error = unsafe {
            (proj.errno_reset)(operation);
            (proj.trans_array)(operation, direction, 1, &mut at)
        };
        if error == 0 { (at[0], at[1]) } else { (f64::INFINITY, f64::INFINITY) }
    }
}

/// A `PJ_CONTEXT`.
struct Context {
    proj: &'static Proj,
    at: NonNull<c_void>,
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it was made by `proj_context_create` and is destroyed once.
        unsafe { (self.proj.context_destroy)(self.at.as_ptr()) };
    }
}

impl Context {
    fn new(proj: &'static Proj) -> Option<Self> {
        // SAFETY: it takes nothing; a level of 0 is `PJ_LOG_NONE`, as PROJ would write to the standard error stream.
        let at = NonNull::new(unsafe { (proj.context_create)() })?;
        unsafe { (proj.log_level)(at.as_ptr(), 0) };
        Some(Self { proj, at })
    }

    fn object(&self, at: *mut c_void) -> Option<Object> {
        Some(Object { proj: self.proj, at: NonNull::new(at)? })
    }

    fn create(&self, text: &CStr) -> Option<Object> {
        // SAFETY: the context lives, and the text ends with a zero.
        self.object(unsafe { (self.proj.create)(self.at.as_ptr(), text.as_ptr()) })
    }

    /// The plane of a compound system.
    fn sub(&self, crs: &Object) -> Option<Object> {
        // SAFETY: both live, and the object is of this context.
        self.object(unsafe { (self.proj.get_sub_crs)(self.at.as_ptr(), crs.at.as_ptr(), 0) })
    }

    /// What a bound system binds.
    fn source(&self, crs: &Object) -> Option<Object> {
        // SAFETY: both live, and the object is of this context.
        self.object(unsafe { (self.proj.get_source_crs)(self.at.as_ptr(), crs.at.as_ptr()) })
    }

    /// The way between two systems, with the easting or longitude first on both sides.
    fn between(&self, from: &Object, to: &Object) -> Option<Object> {
        let (proj, context) = (self.proj, self.at.as_ptr());
        // SAFETY: all three live, the objects are of this context, and neither an area nor options need be given.
        let way = unsafe { (proj.crs_to_crs)(context, from.at.as_ptr(), to.at.as_ptr(), ptr::null_mut(), ptr::null()) };
        let way = self.object(way)?;
        // SAFETY: both live, and the object is of this context.
        self.object(unsafe { (proj.normalize)(context, way.at.as_ptr()) })
    }
}

/// A `PJ`.
struct Object {
    proj: &'static Proj,
    at: NonNull<c_void>,
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: it was made by PROJ for its caller to destroy, once.
        unsafe { (self.proj.destroy)(self.at.as_ptr()) };
    }
}

impl Object {
    fn kind(&self) -> c_int {
        // SAFETY: it lives.
        unsafe { (self.proj.get_type)(self.at.as_ptr()) }
    }

    fn name(&self) -> String {
        // SAFETY: it lives, and so does its name as long.
        unsafe { text((self.proj.get_name)(self.at.as_ptr())) }.unwrap_or_default()
    }

    /// Its first code, such as `ESRI:102025`.
    fn code(&self) -> Option<String> {
        // SAFETY: it lives, and so do its codes as long.
        unsafe {
            let authority = text((self.proj.get_id_auth_name)(self.at.as_ptr(), 0))?;
            Some(format!("{authority}:{}", text((self.proj.get_id_code)(self.at.as_ptr(), 0))?))
        }
    }
}

/// A text of PROJ's, if there is one.
///
/// # Safety
/// It is nothing, or ends with a zero and lives until this returns.
unsafe fn text(at: *const c_char) -> Option<String> {
    // SAFETY: as the caller says.
    (!at.is_null()).then(|| unsafe { CStr::from_ptr(at) }.to_string_lossy().into_owned())
}

/// A name as its writers agree on it: letters and digits, in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
#[path = "installed_tests.rs"]
mod tests;
