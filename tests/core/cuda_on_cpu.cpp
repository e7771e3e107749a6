// Blocks one after another, the threads of a block as threads of the system that meet at a barrier.
#include <pthread.h>

#include <cstddef>
#include <thread>
#include <vector>

struct Place { unsigned x; };
thread_local Place threadIdx, blockIdx, blockDim;
double shared[1 << 15];
static pthread_barrier_t barrier;

extern "C" void meet_all_threads() {
    if (blockDim.x > 1) pthread_barrier_wait(&barrier);
}

extern "C" void run_blocks(void (*body)(void**), void** arguments, int blocks, int threads) {
    pthread_barrier_init(&barrier, nullptr, threads);
    auto work = [&](unsigned thread) {
        threadIdx.x = thread;
        blockDim.x = threads;
        for (int block = 0; block < blocks; ++block) {
            blockIdx.x = block;
            body(arguments);
            meet_all_threads();
        }
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
    work(0);
    for (auto& other : others) other.join();
    pthread_barrier_destroy(&barrier);
}
