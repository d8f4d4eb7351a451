//! A call of a method that a handle cannot have is not reported as well: one mistake, one message.

use std::time::Duration;

use threadkit::prelude::*;

struct Account(u64);

#[monitor(SharedAccount)]
impl Account {
    pub fn twice(&mut self) -> &mut Self {
        self.0 *= 2;
        self
    }

    pub fn close(self) -> u64 {
        self.0
    }

    pub fn digits<'a>(&'a self, base: &u64) -> impl Iterator<Item = u64> + 'a {
        (0..*base).map(|digit| digit * self.0)
    }

    pub async fn deposit(&mut self, n: u64) -> u64 {
        self.0 += n;
        self.0
    }

    pub async fn all(&self) -> impl Iterator<Item = u64> {
        0..self.0
    }

    pub const fn new() -> Self {
        Self(0)
    }

    pub async fn open(n: u64) -> Result<Account, u64> {
        Ok(Self(n))
    }

    pub unsafe fn set(&mut self, n: u64) {
        self.0 = n;
    }

    pub fn add(&mut self, #[cfg(any(unix, not(unix)))] n: u64) {
        self.0 += n;
    }

    #[when(self.0 >= n, timout)]
    pub fn withdraw<T: Into<u64>>(&mut self, n: u64, _: T) -> T
    where
        T: Default,
    {
        self.0 -= n;
        T::default()
    }

    #[when(self.0 > 0)]
    fn private(&self, (_, _): (u64, u64)) -> u64 {
        self.0
    }
}

const NEW: fn() -> SharedAccount = SharedAccount::new;

fn main() {
    let account: SharedAccount = NEW();
    account.twice().0 += 1;
    let n: u64 = account.digits(&2).sum();
    let _ = async {
        let opened: Result<SharedAccount, u64> = SharedAccount::open(1).await;
        let _ = opened.map(|account| account.close());
        account.deposit(1).await + account.all().await.count() as u64
    };
    unsafe { account.set(n) };
    account.add(1);
    let _: u8 = account.withdraw(1, 2);
    let _: Result<u8, TimedOut> = account.withdraw_timeout(1, 2, Duration::ZERO);
    account.private((1, 2));
    account.with(|account| account.0 += 1);
    account.close();
}

use threadkit::TimedOut;
