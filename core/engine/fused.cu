// Training and looking at stacks of plain networks: one block a network, what it computes with in shared memory.
//
// What stands before and after this text is generated from the tables (fused_source.py): before it Real and its
// elementary functions, the activations, the loss, the optimizer's update, and a struct for each layer; after it what
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
__device__ inline Real sample_loss(const Real* z, const Real* a, const Real* log_p, const Real* t, int apart, int t_apart) {
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

// ---- training -------------------------------------------------------------------------------------------------------

// The penalties' share of the objective.
__device__ inline Real penalty(const Real* theta, const Real* penalised, Real l1, Real l2, double* scratch) {
    Real sum = Real(0);
    for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) {
        const Real w = theta[p] * penalised[p];
        sum += l1 * abs_of(w) + Real(0.5) * l2 * w * w;
    }
    return block_sum(sum, scratch);
}

// The gradient as the optimizer gets it: with the penalties', without what is frozen, clipped by value, then by norm.
__device__ inline void tame(Real* g, const Real* theta, const Steering& s, double* scratch) {
    double squares = 0;
    for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) {
        Real v = g[p];
        if (s.l1 != Real(0) || s.l2 != Real(0)) v += s.penalised[p] * (s.l2 * theta[p] + s.l1 * sign_of(theta[p]));
        if (s.held) v *= s.free[p];
        if (s.clip_value > Real(0)) v = v > s.clip_value ? s.clip_value : v < -s.clip_value ? -s.clip_value : v;
        g[p] = v;
        squares += double(v) * double(v);
    }
    if (s.clip_norm > 0) {
        const double norm = sqrt(block_sum(squares, scratch));
        if (norm > s.clip_norm) {
            const Real shorter = Real(s.clip_norm / norm);
            for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) g[p] *= shorter;
        }
    }
}

// θ after the optimizer's step, what it was before in `good`; the step into `update`, unless that is null.
__device__ inline void move(const Run& run, const Steering& s, const Real* numbers, Real* update) {
    const Real decay = numbers[NUMBERS];
    for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) {
        const Real theta = run.theta[p];
        Real slots[SLOTS + 1], delta;
        for (int i = 0; i < SLOTS; ++i) slots[i] = run.slots[i * run.apart + p];
        optimizer_update(theta, run.g[p], slots, numbers, &delta);
        for (int i = 0; i < SLOTS; ++i) run.slots[i * run.apart + p] = slots[i];
        if (decay != Real(0)) delta += decay * s.penalised[p] * theta;
        if (s.held) delta *= s.free[p];
        run.good[p] = theta;
        run.theta[p] = theta - delta;
        if (update) update[p] = delta;
    }
}

// The optimizer's numbers of step i, and behind them the share that decay takes: factors × rate where it goes with it.
__device__ inline void coefficients(const Steering& s, long long run, long long i, Real* numbers) {
    const double rate = s.rates[run * s.rate_by_run + i * s.rate_by_step];
    for (int c = threadIdx.x; c <= NUMBERS; c += blockDim.x) {
        const double factor = c < NUMBERS ? s.factors[i * NUMBERS + c] : s.decay;
        numbers[c] = Real(c == NUMBERS || (s.linear >> c & 1) ? factor * rate : factor);
    }
}

__device__ inline void gather(const Samples& all, const Batch& batch, const long long* order, int count, int lanes) {
    for (int i = threadIdx.x; i < INPUTS * count; i += blockDim.x) {
        const int row = i / count, k = i - row * count;
        batch.a[row * lanes + k] = all.x[row * all.size + order[k]];
    }
    for (int i = threadIdx.x; i < OUTPUTS * count; i += blockDim.x) {
        const int row = i / count, k = i - row * count;
        batch.t[row * lanes + k] = all.t[row * all.size + order[k]];
    }
}

// The loss of the batch at θ, the same for all threads.
__device__ inline Real batch_loss(const Run& run, const Batch& batch, const Steering& s, int count, int lanes, Word step) {
    forwards(run.theta, batch, count, lanes, step);
    const int row = ROWS - OUTPUTS;
    Real sum = Real(0);
    for (int k = threadIdx.x; k < count; k += blockDim.x) {
        const Real *z = batch.z + row * lanes + k, *a = batch.a + (INPUTS + row) * lanes + k;
        sum += sample_loss(z, a, batch.log_p + k, batch.t + k, lanes, lanes);
    }
    Real loss = block_sum(sum, s.scratch) / Real(count);
    if (s.l1 != Real(0) || s.l2 != Real(0)) loss += penalty(run.theta, s.penalised, s.l1, s.l2, s.scratch);
    return loss;
}

// Steps of every run over the batches of `order`; `failed` is -1, or the step at which a loss was not finite: then θ is
// the last good one, and the update all zeros.
extern "C" __global__ void train(
    Real* thetas, Real* goods, Real* slots, Real* gradients, Real* updates, Real* losses, long long* failed,
    const Real* x, const Real* t, const long long* order, const double* factors, const double* rates,
    const Real* penalised, const Real* free, Real* work,
    long long rate_by_run, long long rate_by_step, long long first, long long runs, long long first_step, Word seed,
    Real l1, Real l2, double decay, Real clip_value, double clip_norm,
    int held, int linear, int samples, int size, int batch_size, int lanes, int steps
) {
    extern __shared__ double shared[];
    const long long number = first + blockIdx.x, at = number * PARAMETERS, apart = runs * PARAMETERS;
    Real* numbers = reinterpret_cast<Real*>(shared + blockDim.x);
    Real* place = numbers + NUMBERS + 1;
    const Steering s = {factors, rates, penalised, free, rate_by_run, rate_by_step, l1, l2,
                        clip_value, decay, clip_norm, held, linear, shared};
    Run run = {thetas + at, goods + at, gradients + at, slots + at, apart};
    if (PARAMETERS_SHARED) {
        run = {place, place + PARAMETERS, place + 2 * PARAMETERS, place + 3 * PARAMETERS, PARAMETERS};
        place += (3 + SLOTS) * PARAMETERS;
        for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) {
            run.theta[p] = thetas[at + p];
            run.good[p] = goods[at + p];
            for (int i = 0; i < SLOTS; ++i) run.slots[i * PARAMETERS + p] = slots[i * apart + at + p];
        }
    }
    const Batch batch = in_space(BATCH_SHARED ? place : work + (long long)blockIdx.x * BATCH_ROWS * lanes, lanes);
    const Samples all = {x, t, samples};
    const Word own = keyed(keyed(0, seed), Word(number));
    long long failed_at = -1;
    Real loss = Real(0);
    for (int i = 0; i < steps; ++i) {
        const int begin = i * batch_size, count = size - begin < batch_size ? size - begin : batch_size;
        const Word step = keyed(own, Word(first_step + i));
        coefficients(s, number, i, numbers);
        gather(all, batch, order + begin, count, lanes);
        __syncthreads();
        loss = batch_loss(run, batch, s, count, lanes, step);
        if (!finite(loss)) {  // It is the same for all threads.
            failed_at = first_step + i;
            break;
        }
        backwards(run.theta, run.g, batch, count, lanes, step);
        tame(run.g, run.theta, s, shared);
        move(run, s, numbers, i == steps - 1 ? updates + at : 0);
        __syncthreads();
    }
    int bad = 0;
    for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) bad += !finite(run.theta[p]);
    if (block_sum(bad, shared) && failed_at < 0) failed_at = first_step + steps;
    for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) {
        if (failed_at >= 0) updates[at + p] = Real(0);
        const Real theta = failed_at < 0 ? run.theta[p] : run.good[p];
        thetas[at + p] = theta;
        goods[at + p] = run.good[p];
        gradients[at + p] = run.g[p];
        for (int i = 0; i < SLOTS; ++i) slots[i * apart + at + p] = run.slots[i * run.apart + p];
    }
    if (threadIdx.x == 0) {
        losses[number] = loss;
        failed[number] = failed_at;
    }
}

// ---- looking --------------------------------------------------------------------------------------------------------

// A layer for one sample, by one thread. Narrow layers are written out, so that their arrays may be registers; wide ones
// would take the compiler minutes.
template <typename Layer> __device__ inline void pass(const Real* theta, const Real* below, Real* z, Real* a, Real* log_p) {
    constexpr bool NARROW = Layer::UNITS * Layer::FAN_IN <= 256;
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

// The mean loss of every network of a stack with its penalties, each sample's loss, and its outputs; each may be null.
extern "C" __global__ void evaluate(
    const Real* thetas, const Real* x, const Real* t, const Real* penalised,
    Real* means, Real* each, Real* outputs, Real l1, Real l2, int samples
) {
    extern __shared__ double shared[];
    const long long run = blockIdx.x;
    const Real* theta = thetas + run * PARAMETERS;
    if (PARAMETERS_SHARED) {
        Real* near = reinterpret_cast<Real*>(shared + blockDim.x);
        for (int p = threadIdx.x; p < PARAMETERS; p += blockDim.x) near[p] = theta[p];
        theta = near;
        __syncthreads();
    }
    Real whole = Real(0);
    for (int k = threadIdx.x; k < samples; k += blockDim.x) {
        Real here[WIDEST], there[WIDEST], z[WIDEST], log_p[OUTPUTS];
#pragma unroll
        for (int i = 0; i < INPUTS; ++i) here[i] = x[(long long)i * samples + k];
        const Real* a = look(theta, here, there, z, log_p);
        if (outputs) {
#pragma unroll
            for (int o = 0; o < OUTPUTS; ++o) outputs[(run * OUTPUTS + o) * samples + k] = a[o];
        }
        if (means || each) {
            const Real loss = sample_loss(z, a, log_p, t + k, 1, samples);
            whole += loss;
            if (each) each[run * samples + k] = loss;
        }
    }
    if (!means) return;
    Real mean = block_sum(whole, shared) / Real(samples);
    if (l1 != Real(0) || l2 != Real(0)) mean += penalty(theta, penalised, l1, l2, shared);
    if (threadIdx.x == 0) means[run] = mean;
}
