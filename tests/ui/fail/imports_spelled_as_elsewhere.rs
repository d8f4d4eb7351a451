//! An import of a name of another library shows what the name is here, and its uses cause no further errors.

use threadkit::{
    ArrayBlockingQueue, BlockingQueue, BoundedSemaphore, Builder, CancellationToken,
    CompletableFuture, Condvar, CountDownLatch, CyclicBarrier, Executor, ExecutorService,
    Executors, Future, LazyLock, LinkedBlockingQueue, Mutex, MutexGuard, OnceCell, OnceLock,
    Receiver, ReentrantLock, ReentrantMutex, ReentrantReadWriteLock, ScheduledExecutorService,
    Sender, SimpleQueue, ThreadPoolExecutor, WaitGroup, bounded, channel, current_thread,
    enumerate, local, unbounded,
};

static NUMBERS: LazyLock<Vec<u32>> = LazyLock::new(|| vec![1, 2]);

fn uses(guard: MutexGuard<'_, u32>, done: Future<u32>, chained: CompletableFuture<u32>) -> u32 {
    let total = Mutex::new(*guard);
    let (jobs, words): (BlockingQueue<u32>, SimpleQueue<&str>) = (bounded(4), unbounded());
    let sender: Sender<u32> = jobs.producer();
    sender.put(NUMBERS[0]).unwrap();
    current_thread().name();
    let sum = *total.acquire() + done.join().unwrap() + chained.join().unwrap();
    sum + words.len() as u32
}

fn main() {}
