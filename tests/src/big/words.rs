//! Texts that look like a language to an index.

use actors::kernel::testing::Seeded;

const WORDS: usize = 60_000;
/// Every third word begins with one of these, as `contact`, `contract` and `continue` do.
const STEMS: usize = 400;
/// Letters as often as English has them, about.
const LETTERS: &[u8] =
    b"eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnsssssshhhhhhrrrrrrddddllll\
    cccuuummmwwffggyyppbbvvkjxqz";

/// Words, the most common first.
pub struct Words {
    words: Vec<String>,
    /// Sums of how often each is said, in millionths.
    sums: Vec<u64>,
}

impl Words {
    /// The words of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut dice = Seeded(seed);
        let word = |rank: usize, dice: &mut Seeded| {
            let letters = if rank < 200 { 2 + dice.below(3) } else { 4 + dice.below(8) };
            let letter = |dice: &mut Seeded| LETTERS[dice.below(LETTERS.len() as u64) as usize];
            (0..letters).map(|_| char::from(letter(dice))).collect::<String>()
        };
        let stems: Vec<String> = (0..STEMS).map(|rank| word(200 + rank, &mut dice)).collect();
        let words = (0..WORDS).map(|rank| match dice.below(3) {
            0 if rank >= 50 => {
                let stem = &stems[dice.below(STEMS as u64) as usize];
                format!("{}{}", &stem[..4], word(dice.below(2_000) as usize, &mut dice))
            }
            _ => word(rank, &mut dice),
        });
        let words = words.collect();
        let mut sum = 0;
        let sums = (0..WORDS as u64)
            .map(|rank| {
                sum += 1_000_000_000 / (10 * rank + 27);
                sum
            })
            .collect();
        Self { words, sums }
    }

    /// The word of a rank.
    #[must_use]
    pub fn rank(&self, rank: usize) -> &str {
        &self.words[rank]
    }

    /// Some words, each as likely as it is common.
    pub fn text(&self, dice: &mut Seeded, words: u64) -> String {
        let mut text = String::new();
        for _ in 0..words {
            let chosen = dice.below(self.sums[WORDS - 1]);
            let rank = self.sums.partition_point(|sum| *sum <= chosen);
            text.push_str(&self.words[rank]);
            text.push(' ');
        }
        text.pop();
        text
    }
}
