//! A private Open vSwitch: its own database, its own directory, no kernel.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Open vSwitch, which ends with this value.
pub struct Switch {
    dir: PathBuf,
    children: Vec<Child>,
    control: Option<BufReader<UnixStream>>,
}

impl Switch {
    /// Whether Open vSwitch is installed. It is not on every machine; `tests/run` installs it.
    pub fn is_installed() -> bool {
        program("ovs-vswitchd").is_some() && program("ovsdb-server").is_some() && program("ovs-ofctl").is_some()
    }

    /// Starts one in a directory.
    pub fn start(dir: &Path) -> Switch {
        std::fs::create_dir_all(dir).unwrap();
        let mut switch = Switch { dir: dir.to_owned(), children: Vec::new(), control: None };
        let _ = std::fs::remove_file(dir.join("conf.db"));
        switch.run("ovsdb-tool", &["create", "conf.db", "/usr/share/openvswitch/vswitch.ovsschema"]);
        switch.spawn("ovsdb-server", &["conf.db", "--remote=punix:db.sock", "--unixctl=db.ctl"]);
        // A socket is there a moment before somebody listens.
        let init = ["--db=unix:db.sock", "--timeout=20", "--no-wait", "init"];
        patiently("the database", || switch.try_run("ovs-vsctl", &init).is_ok());
        let options = ["unix:db.sock", "--enable-dummy", "--disable-system", "--unixctl=vswitchd.ctl"];
        switch.spawn("ovs-vswitchd", &options);
        patiently("the switch", || UnixStream::connect(dir.join("vswitchd.ctl")).is_ok());
        switch
    }

    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name).unwrap_or_else(|| panic!("{name} is not installed")));
        command.current_dir(&self.dir).stdin(Stdio::null());
        for variable in ["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"] {
            command.env(variable, &self.dir);
        }
        command
    }

    fn spawn(&mut self, name: &str, args: &[&str]) {
        let log = std::fs::File::create(self.dir.join(format!("{name}.log"))).unwrap();
        let child = self.command(name).args(args).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.children.push(child);
    }

    /// Runs a tool; its output, or what it complained of.
    pub fn try_run(&self, name: &str, args: &[&str]) -> Result<String, String> {
        let out = self.command(name).args(args).output().unwrap();
        match out.status.success() {
            true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&out.stderr).into_owned()),
        }
    }

    /// Runs a tool that must succeed.
    pub fn run(&self, name: &str, args: &[&str]) -> String {
        self.try_run(name, args).unwrap_or_else(|e| panic!("{name} {}: {e}", args.join(" ")))
    }

    /// Runs `ovs-vsctl`.
    pub fn vsctl(&self, args: &[&str]) -> String {
        let mut all = vec!["--db=unix:db.sock", "--timeout=20"];
        all.extend(args);
        self.run("ovs-vsctl", &all)
    }

    /// The way to a bridge for `ovs-ofctl`.
    pub fn bridge(&self, name: &str) -> String {
        format!("unix:{}", self.dir.join(format!("{name}.mgmt")).display())
    }

    /// Runs `ovs-ofctl` on a bridge: what comes before the bridge, and what comes behind.
    pub fn ofctl(&self, version: &str, what: &str, bridge: &str, more: &[&str]) -> Result<String, String> {
        let target = self.bridge(bridge);
        let mut args = vec!["-O", version, what, &target];
        args.extend(more);
        self.try_run("ovs-ofctl", &args)
    }

    /// Asks over the control socket, which stays open: JSON-RPC, as `ovs-appctl` speaks it.
    pub fn ask(&mut self, method: &str, params: &[&str]) -> std::io::Result<Result<String, String>> {
        self.send(method, params)?;
        self.receive()
    }

    /// Sends a question whose answer is received later. Several may be under way: the switch answers in order.
    pub fn send(&mut self, method: &str, params: &[&str]) -> std::io::Result<()> {
        if self.control.is_none() {
            let stream = UnixStream::connect(self.dir.join("vswitchd.ctl"))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            self.control = Some(BufReader::with_capacity(1 << 16, stream));
        }
        let control = self.control.as_mut().expect("it was opened above");
        let question = json!({"method": method, "params": params, "id": 0}).to_string();
        control.get_mut().write_all(question.as_bytes())
    }

    /// Receives the next answer.
    pub fn receive(&mut self) -> std::io::Result<Result<String, String>> {
        let control = self.control.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        let answer = read_object(control);
        if answer.is_err() {
            self.control = None;
        }
        let answer: Value = serde_json::from_slice(&answer?)?;
        Ok(match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["result"].as_str().unwrap_or_default().to_owned()),
        })
    }

    /// Whether the switch still runs.
    pub fn is_alive(&mut self) -> bool {
        self.children.iter_mut().all(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// How it ended, with the last of its log; or that it runs and does not answer.
    pub fn end(&mut self) -> String {
        // The socket closes a moment before the process is gone.
        std::thread::sleep(Duration::from_millis(500));
        let status = self.children.last_mut().and_then(|child| child.try_wait().ok().flatten());
        let log = std::fs::read_to_string(self.dir.join("ovs-vswitchd.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|l| !["|INFO|", "|WARN|"].iter().any(|w| l.contains(w))).collect();
        let last = lines[lines.len().saturating_sub(2)..].join("; ");
        match status {
            Some(status) => format!("{status}; {last}"),
            None if !self.is_alive() => format!("its database ended; {last}"),
            None => format!("no answer within {PATIENCE:?}; {last}"),
        }
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads one JSON object, which ends where its braces do: nothing else marks the end.
fn read_object(from: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let (mut depth, mut in_text, mut escaped) = (0, false, false);
    loop {
        let buffer = from.fill_buf()?;
        if buffer.is_empty() {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        for (at, byte) in buffer.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_text => escaped = true,
                b'"' => in_text = !in_text,
                b'{' if !in_text => depth += 1,
                b'}' if !in_text => depth -= 1,
                _ => {}
            }
            if depth == 0 && !in_text && *byte == b'}' {
                out.extend(&buffer[..=at]);
                from.consume(at + 1);
                return Ok(out);
            }
        }
        let n = buffer.len();
        out.extend(buffer);
        from.consume(n);
    }
}

fn patiently(what: &str, is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < PATIENCE, "{what} does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Where a program is; daemons are not always on the path.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    dirs.map(|dir| dir.join(name)).find(|path| path.is_file())
}

/// A directory of this test's own.
pub fn directory(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("ofscope-live-{}-{name}", std::process::id()))
}
