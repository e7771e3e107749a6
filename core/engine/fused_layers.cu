// What the fused kernels are made of: random draws, sums over a block, and the layers of a plain network, forwards and
// backwards. The kernels themselves are in fused.cu, which comes after.
//
// What stands before and after these texts is generated from the tables (fused_source.py): before them Real and its
// elementary functions, the activations, the loss, the optimizer's update, and a struct for each layer; after them what
// goes through the layers, forwards(), backwards() and look(). The constants are PARAMETERS, INPUTS, OUTPUTS, ROWS
// (units of all layers), WIDEST, BATCH_ROWS, SLOTS, NUMBERS (coefficients of a step), READS (what the loss reads: 0
// outputs, 1 logits, 2 log-probabilities), SOFTMAX, SHARE (of each output in a sample's loss), PARAMETERS_SHARED and
// BATCH_SHARED (whether they are in shared memory).
//
// A batch lies as (units, lanes), the lanes an odd number, so that threads that read down a column meet no bank twice.
// Nothing but `batch` and `lanes` depends on the batch, so that one source serves all of them. There is no atomic
// operation and every sum has one order: the same launch gives the same bits.

// One network: its row of the stack, in shared memory or not; slots lie `apart`.
struct Run {
    Real *theta, *good, *g, *slots;
    long long apart;
};

// What steers the steps; `linear` has a bit for each coefficient that goes with the rate.
struct Steering {
    const double *factors, *rates;
    const Real *penalised, *free;
    long long rate_by_run, rate_by_step;
    Real l1, l2, clip_value;
    double decay, clip_norm;
    int held, linear;
    double* scratch;
};

struct Samples {
    const Real *x, *t;
    long long size;
};

// A batch in working space: the inputs and all layers' a, their z, two deltas, targets, log-probabilities.
struct Batch {
    Real *a, *z, *delta, *other, *t, *log_p;
};

__device__ inline Batch in_space(Real* space, int lanes) {
    Real *z = space + (INPUTS + ROWS) * lanes, *delta = z + ROWS * lanes, *other = delta + WIDEST * lanes;
    Real* t = other + WIDEST * lanes;
    return {space, z, delta, other, t, t + OUTPUTS * lanes};
}

__device__ void forwards(const Real* theta, const Batch& batch, int count, int lanes, Word step);
__device__ void backwards(const Real* theta, Real* g, const Batch& batch, int count, int lanes, Word step);
__device__ const Real* look(const Real* theta, Real* here, Real* there, Real* z, Real* log_p);

__device__ inline bool finite(Real value) { return value - value == Real(0); }

// ---- random numbers by counter, as in core/random.py ----------------------------------------------------------------

__device__ inline Word mixed(Word z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

__device__ inline Word keyed(Word key, Word part) { return mixed(key + GOLDEN + mixed(part + GOLDEN)); }

// What a unit that may be dropped is multiplied by: 0, or `scale` where its 24 bits reach the threshold.
template <typename Layer> __device__ inline Real kept(Word key, int place) {
    return (mixed(key + Word(place + 1) * GOLDEN) >> 40) >= Layer::THRESHOLD ? Real(Layer::scale()) : Real(0);
}

// ---- sums over a block ----------------------------------------------------------------------------------------------

// The sum of every thread's value, for all of them, by halves; the number of threads is a power of two.
template <typename Number> __device__ inline Number block_sum(Number value, double* scratch) {
    Number* places = reinterpret_cast<Number*>(scratch);
    __syncthreads();  // An earlier sum may still be read.
    places[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) places[threadIdx.x] += places[threadIdx.x + half];
        __syncthreads();
    }
    return places[0];
}

// ---- one batch through one network, by all threads of a block -------------------------------------------------------

// Probabilities and their logarithms over the units of one sample; all arrays are `apart` from unit to unit.
template <typename Layer> __device__ inline void softmax(const Real* z, Real* a, Real* log_p, int apart) {
    Real top = z[0];
#pragma unroll
    for (int o = 1; o < Layer::UNITS; ++o) top = maximum_of(top, z[o * apart]);
    Real whole = Real(0);
#pragma unroll
    for (int o = 0; o < Layer::UNITS; ++o) {
        a[o * apart] = exp_of(z[o * apart] - top);
        whole += a[o * apart];
    }
    const Real log_whole = log_of(whole);
#pragma unroll
    for (int o = 0; o < Layer::UNITS; ++o) {
        a[o * apart] /= whole;
        log_p[o * apart] = z[o * apart] - top - log_whole;
    }
}

template <typename Layer> __device__ inline Real sum_of_inputs(const Real* theta, const Real* below, int o, int apart) {
    const Real* weights = theta + Layer::WEIGHT + o * Layer::FAN_IN;
    Real sum = Layer::BIAS < 0 ? Real(0) : theta[Layer::BIAS + o];
#pragma unroll 8
    for (int c = 0; c < Layer::FAN_IN; ++c) sum += weights[c] * below[c * apart];
    return sum;
}

// z = W a + b and the activation, with dropout's mask on it where the layer drops.
template <typename Layer>
__device__ inline void forward(const Real* theta, const Batch& batch, int count, int lanes, Word step) {
    const Real* below = batch.a + Layer::BELOW * lanes;
    Real *z = batch.z + Layer::ROW * lanes, *a = batch.a + (INPUTS + Layer::ROW) * lanes;
    const Word key = Layer::DROPS ? keyed(step, Layer::INDEX) : 0;
    for (int i = threadIdx.x; i < Layer::UNITS * count; i += blockDim.x) {
        const int o = i / count, k = i - o * count, at = o * lanes + k;
        const Real sum = sum_of_inputs<Layer>(theta, below + k, o, lanes);
        z[at] = sum;
        if constexpr (!Layer::SOFT) a[at] = Layer::value(sum);
        if constexpr (Layer::DROPS) a[at] *= kept<Layer>(key, i);
    }
    __syncthreads();
    if constexpr (Layer::SOFT) {
        for (int k = threadIdx.x; k < count; k += blockDim.x) softmax<Layer>(z + k, a + k, batch.log_p + k, lanes);
        __syncthreads();
    }
}

// The loss of one sample of the output layer.
__device__ inline Real sample_loss(
    const Real* z, const Real* a, const Real* log_p, const Real* t, int apart, int t_apart
) {
    const Real* read = READS == 0 ? a : READS == 1 ? z : log_p;
    Real sum = Real(0);
#pragma unroll
    for (int o = 0; o < OUTPUTS; ++o) sum += loss_value(read[o * apart], t[o * t_apart]);
    return sum * Real(SHARE);
}

// dL/dz of the output layer into `delta`, for the mean over the batch.
template <typename Layer> __device__ inline void output_delta(const Batch& batch, int count, int lanes) {
    const Real *z = batch.z + Layer::ROW * lanes, *a = batch.a + (INPUTS + Layer::ROW) * lanes;
    for (int k = threadIdx.x; k < count; k += blockDim.x) {
        Real inner = Real(0);
        if constexpr (READS == 0 && SOFTMAX) {
            for (int o = 0; o < OUTPUTS; ++o) {
                const int at = o * lanes + k;
                inner += loss_slope(a[at], batch.t[at]) * Real(SHARE) * a[at];
            }
        }
        for (int o = 0; o < OUTPUTS; ++o) {
            const int at = o * lanes + k;
            const Real pull = loss_slope(READS == 1 ? z[at] : a[at], batch.t[at]) * Real(SHARE);
            const Real slope = READS != 0 ? pull : SOFTMAX ? a[at] * (pull - inner) : pull * Layer::slope(z[at], a[at]);
            batch.delta[at] = slope / Real(count);
        }
    }
    __syncthreads();
}

// dL/dW and dL/db of a layer from dL/dz of it.
template <typename Layer>
__device__ inline void weight_gradient(Real* g, const Batch& batch, const Real* delta, int count, int lanes) {
    const Real* below = batch.a + Layer::BELOW * lanes;
    for (int p = threadIdx.x; p < Layer::UNITS * Layer::FAN_IN; p += blockDim.x) {
        const Real *d = delta + p / Layer::FAN_IN * lanes, *a = below + p % Layer::FAN_IN * lanes;
        Real sum = Real(0);
        for (int k = 0; k < count; ++k) sum += d[k] * a[k];
        g[Layer::WEIGHT + p] = sum;
    }
    if (Layer::BIAS < 0) return;
    for (int o = threadIdx.x; o < Layer::UNITS; o += blockDim.x) {
        Real sum = Real(0);
        for (int k = 0; k < count; ++k) sum += delta[o * lanes + k];
        g[Layer::BIAS + o] = sum;
    }
}

// dL/dz of the layer under `Layer`, from that of `Layer`: through its weights, the mask, and the slope.
template <typename Layer, typename Under>
__device__ inline void back(
    const Real* theta, const Batch& batch, const Real* delta, Real* other, int count, int lanes, Word step
) {
    const Real *z = batch.z + Under::ROW * lanes, *a = batch.a + (INPUTS + Under::ROW) * lanes;
    const Word key = Under::DROPS ? keyed(step, Under::INDEX) : 0;
    for (int i = threadIdx.x; i < Under::UNITS * count; i += blockDim.x) {
        const int c = i / count, k = i - c * count, at = c * lanes + k;
        const Real* weights = theta + Layer::WEIGHT + c;
        Real pull = Real(0);
#pragma unroll 8
        for (int o = 0; o < Layer::UNITS; ++o) pull += weights[o * Layer::FAN_IN] * delta[o * lanes + k];
        if constexpr (Under::DROPS) {  // The pass kept a after its mask; the slope wants it before.
            other[at] = pull * kept<Under>(key, i) * Under::slope(z[at], Under::value(z[at]));
        } else {
            other[at] = pull * Under::slope(z[at], a[at]);
        }
    }
    __syncthreads();
}

// ---- one sample through one network, by one thread ------------------------------------------------------------------

// A layer for one sample. Small networks are written out, so that the arrays may be registers; large ones would take the
// compiler minutes.
template <typename Layer>
__device__ inline void pass(const Real* theta, const Real* below, Real* z, Real* a, Real* log_p) {
    constexpr bool NARROW = PARAMETERS <= 640;
    constexpr int ACROSS = NARROW ? Layer::UNITS : 1, ALONG = NARROW ? Layer::FAN_IN : 4;
#pragma unroll ACROSS
    for (int o = 0; o < Layer::UNITS; ++o) {
        Real sum = Layer::BIAS < 0 ? Real(0) : theta[Layer::BIAS + o];
#pragma unroll ALONG
        for (int c = 0; c < Layer::FAN_IN; ++c) sum += theta[Layer::WEIGHT + o * Layer::FAN_IN + c] * below[c];
        z[o] = sum;
        if constexpr (!Layer::SOFT) a[o] = Layer::value(sum);
    }
    if constexpr (Layer::SOFT) softmax<Layer>(z, a, log_p, 1);
}
