//! Chromium, driven by its devtools protocol through a pipe.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{self, Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Far more than any answer takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A page in a browser of its own, which ends with it.
pub(crate) struct Page {
    browser: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    profile: PathBuf,
    /// What the page has thrown, and what the browser found wrong with it.
    pub(crate) errors: Vec<String>,
}

/// The program: what the variable `CHROMIUM` says, or else the first of the usual names that there is.
fn program() -> PathBuf {
    if let Some(named) = env::var_os("CHROMIUM") {
        return named.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let usual = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    let mut all =
        (usual.iter()).flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    all.find(|program| program.exists())
        .expect("no chromium is on the PATH; set CHROMIUM to one, or run `.ci/run browser`, which skips then")
}

impl Page {
    /// Opens a page in a window of that size.
    pub(crate) fn open(file: &Path, (width, height): (u32, u32)) -> Self {
        // The folder of a test has its name, so that two at a time do not share one.
        let test = thread::current()
            .name()
            .unwrap_or("page")
            .replace("::", "-");
        let profile = env::temp_dir().join(format!("threadkit-browser-{}-{test}", process::id()));
        // The browser reads commands from descriptor 3 and writes answers to 4.
        let mut browser = Command::new("sh")
            .args([
                "-c",
                "exec 3<&0 4>&1 </dev/null >/dev/null 2>&1; exec \"$0\" \"$@\"",
            ])
            .arg(program())
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
            ])
            .args([
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let commands = browser.stdin.take().expect("it is piped");
        let answers = BufReader::new(browser.stdout.take().expect("it is piped"));
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            for message in answers.split(0).map_while(Result::ok) {
                let message = serde_json::from_slice(&message).expect("the browser writes JSON");
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let mut page = Self {
            browser,
            commands,
            messages,
            session: None,
            sent: 0,
            profile,
            errors: Vec::new(),
        };
        let target = page.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = page.call("Target.attachToTarget", &attach);
        page.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), &json!({}));
        }
        page.resize(width, height);
        page.call(
            "Page.navigate",
            &json!({"url": format!("file://{}", file.display())}),
        );
        page.until(
            "the page is loaded",
            "document.readyState === 'complete' && !!document.querySelector('#shares tbody')",
        );
        page.settle();
        page
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// `light` or `dark`.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.call("Emulation.setEmulatedMedia", &features);
        self.settle();
    }

    /// Sends a command and returns its result.
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        let mut text = command.to_string().into_bytes();
        text.push(0);
        self.commands.write_all(&text).expect("the browser listens");
        let end = Instant::now() + LIMIT;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            let message = self.messages.recv_timeout(rest);
            let message = message.unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == self.sent {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].clone();
            }
            self.note_error(&message);
        }
    }

    fn note_error(&mut self, message: &Value) {
        let is_error = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Log.entryAdded") => message["params"]["entry"]["level"] == "error",
            Some("Runtime.consoleAPICalled") => message["params"]["type"] == "error",
            _ => false,
        };
        if is_error {
            self.errors.push(message["params"].to_string());
        }
    }

    /// The value of an expression of the page's language.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", &parameters);
        assert!(
            result["exceptionDetails"].is_null(),
            "{expression}: {result}"
        );
        result["result"]["value"].clone()
    }

    pub(crate) fn number(&mut self, expression: &str) -> f64 {
        let value = self.value(expression);
        value
            .as_f64()
            .unwrap_or_else(|| panic!("{expression} is {value}"))
    }

    pub(crate) fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression} is {value}"))
            .to_owned()
    }

    /// Waits until a condition holds.
    pub(crate) fn until(&mut self, what: &str, condition: &str) {
        let end = Instant::now() + LIMIT;
        while self.value(condition) != true {
            assert!(Instant::now() < end, "not after {LIMIT:?}: {what}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the page is painted.
    pub(crate) fn settle(&mut self) {
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
    }

    /// Moves the mouse, with a button held or not.
    pub(crate) fn mouse(&mut self, kind: &str, x: f64, y: f64, more: &Value) {
        let mut event = json!({"type": kind, "x": x, "y": y});
        for (key, value) in more.as_object().into_iter().flatten() {
            event[key] = value.clone();
        }
        self.call("Input.dispatchMouseEvent", &event);
        self.settle();
    }

    pub(crate) fn click(&mut self, x: f64, y: f64) {
        let button = json!({"button": "left", "buttons": 1, "clickCount": 1});
        self.mouse("mousePressed", x, y, &button);
        self.mouse("mouseReleased", x, y, &button);
    }

    pub(crate) fn click_on(&mut self, selector: &str) {
        let centre = format!(
            "(() => {{ const box = document.querySelector({selector:?}).getBoundingClientRect(); \
             return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }}; }})()"
        );
        let centre = self.value(&centre);
        self.click(centre["x"].as_f64().unwrap(), centre["y"].as_f64().unwrap());
    }

    /// Presses a key, such as `a` or `ArrowLeft`.
    pub(crate) fn key(&mut self, key: &str) {
        let mut event = json!({"type": "keyDown", "key": key});
        if key.chars().count() == 1 {
            event["text"] = json!(key);
        }
        self.call("Input.dispatchKeyEvent", &event);
        self.call(
            "Input.dispatchKeyEvent",
            &json!({"type": "keyUp", "key": key}),
        );
        self.settle();
    }

    pub(crate) fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text}));
        self.settle();
    }

    /// Saves what is in the window as a picture, if the variable `PICTURES` names a folder for it.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = env::var_os("PICTURES") else {
            return;
        };
        self.settle();
        let picture = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        let bytes = from_base64(picture["data"].as_str().expect("text"));
        fs::write(Path::new(&folder).join(format!("{name}.png")), bytes)
            .expect("the picture is written");
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<_> = text.bytes().filter(|c| *c != b'=').map(digit).collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let bits = four
            .iter()
            .fold(0, |bits, digit| bits << 6 | u32::from(*digit))
            << (6 * (4 - four.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

impl Drop for Page {
    fn drop(&mut self) {
        // It ends when it is asked to, or else now.
        let _ = self.browser.kill();
        let _ = self.browser.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}
