// What of CUDA the fused kernels use, for a C++ compiler: compiled in front of their source, so without any header.
#define __device__
#define __global__
#define __shared__

extern "C" {
double exp(double), log(double), log1p(double), expm1(double), tanh(double), sin(double), cos(double);
double sqrt(double), fabs(double);
float expf(float), logf(float), log1pf(float), expm1f(float), tanhf(float), sinf(float), cosf(float);
float sqrtf(float), fabsf(float);
void meet_all_threads();
void run_blocks(void (*body)(void**), void** arguments, int blocks, int threads);
}

struct Place { unsigned x; };
extern thread_local Place threadIdx, blockIdx, blockDim;
extern double shared[];

inline void __syncthreads() { meet_all_threads(); }

// A kernel called with pointers to its arguments, as CUDA's own launch has them.
template <int... I> struct Places {};
template <int N, int... I> struct Counted : Counted<N - 1, N - 1, I...> {};
template <int... I> struct Counted<0, I...> { typedef Places<I...> Type; };

template <typename... A, int... I> void call(void (*kernel)(A...), void** arguments, Places<I...>) {
    kernel(*static_cast<A*>(arguments[I])...);
}

template <typename... A> void call(void (*kernel)(A...), void** arguments) {
    call(kernel, arguments, typename Counted<sizeof...(A)>::Type());
}
