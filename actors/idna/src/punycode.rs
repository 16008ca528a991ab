//! Punycode (RFC 3492), without its `xn--`.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const BIAS: u32 = 72;
const FIRST: u32 = 128;
/// No label is as long as that, in characters; reading takes square time.
const CHARS_MAX: usize = 1_000;

/// A label in ASCII; `None` where it is too long.
pub fn encode(label: &str) -> Option<String> {
    let chars: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).ok()?;
    if chars.len() > CHARS_MAX {
        return None;
    }
    if basic > 0 {
        out.push('-');
    }
    let (mut n, mut delta, mut bias, mut done) = (FIRST, 0_u32, BIAS, basic);
    while let Some(next) = chars.iter().copied().filter(|c| *c >= n).min() {
        delta = delta.checked_add((next - n).checked_mul(done + 1)?)?;
        n = next;
        for c in &chars {
            delta = delta.checked_add(u32::from(*c < n))?;
            if *c == n {
                write(&mut out, delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done += 1;
            }
        }
        (n, delta) = (n + 1, delta.checked_add(1)?);
    }
    Some(out)
}

/// What a label in ASCII, in lower case, stands for; `None` where it is not well-formed.
pub fn decode(label: &str) -> Option<String> {
    let (basic, rest) = label.rsplit_once('-').unwrap_or(("", label));
    let mut chars: Vec<char> = basic.chars().collect();
    let (mut n, mut at, mut bias) = (FIRST, 0_u32, BIAS);
    let mut digits = rest.bytes().map(value);
    while let Some(first) = digits.next() {
        let (old, mut weight, mut k, mut digit) = (at, 1_u32, BASE, first?);
        loop {
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let t = threshold(k, bias);
            if digit < t {
                break;
            }
            weight = weight.checked_mul(BASE - t)?;
            k += BASE;
            digit = digits.next()??;
        }
        let count = u32::try_from(chars.len()).ok()? + 1;
        bias = adapt(at - old, count, old == 0);
        n = n.checked_add(at / count)?;
        at %= count;
        chars.insert(usize::try_from(at).ok()?, char::from_u32(n)?);
        at += 1;
        if chars.len() > CHARS_MAX {
            return None;
        }
    }
    Some(chars.into_iter().collect())
}

fn write(out: &mut String, delta: u32, bias: u32) {
    let (mut rest, mut k) = (delta, BASE);
    loop {
        let t = threshold(k, bias);
        if rest < t {
            return out.push(digit(rest));
        }
        out.push(digit(t + (rest - t) % (BASE - t)));
        rest = (rest - t) / (BASE - t);
        k += BASE;
    }
}

fn threshold(k: u32, bias: u32) -> u32 {
    k.saturating_sub(bias).clamp(T_MIN, T_MAX)
}

fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > (BASE - T_MIN) * T_MAX / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + BASE * delta / (delta + SKEW)
}

fn digit(value: u32) -> char {
    char::from_digit(if value < 26 { value + 10 } else { value - 26 }, BASE).unwrap_or('0')
}

fn value(byte: u8) -> Option<u32> {
    match byte {
        b'a'..=b'z' => Some(u32::from(byte - b'a')),
        b'0'..=b'9' => Some(u32::from(byte - b'0') + 26),
        _ => None,
    }
}
