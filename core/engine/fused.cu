// The fused kernels: training and looking at stacks of plain networks, one block a network, what it computes with in
// shared memory as far as it fits.

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

__device__ inline void gather(
    const Samples& all, const Batch& batch, const long long* order, int count, int lanes
) {
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
__device__ inline Real batch_loss(
    const Run& run, const Batch& batch, const Steering& s, int count, int lanes, Word step
) {
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
