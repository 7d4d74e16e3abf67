namespace Paging.HostKernel.Puppets;

/// <summary>The time that both sides spin before they sleep: long while that helps, none while others want the processors.</summary>
/// <remarks>
/// Measured on two processors, a load of one byte: spinning 0.4 µs; sleeping 10 µs on one processor, 50 µs across two; spinning in vain
/// 100 µs and more. A few failures in a row switch spinning off for a while, then one attempt decides again.
/// </remarks>
internal sealed class SpinBudget
{
    private const int HostSpinCount = 3_000, PuppetSpinCount = 4_000;    // some 30 ns each
    private const int FailureCountMax = 3, RestCallCount = 64;

    private readonly bool _isHopeless = Environment.ProcessorCount == 1;
    private int _failureCount, _restCallCount;

    /// <summary>Spins for the host's next wait.</summary>
    internal int HostSpins => IsResting ? 0 : HostSpinCount;

    /// <summary>Spins for the puppet's next wait; it takes at least one.</summary>
    internal uint PuppetSpins => IsResting ? 1u : PuppetSpinCount;

    private bool IsResting => _isHopeless || _restCallCount > 0;

    /// <summary>Learns from a wait: was it over while the host spun?</summary>
    internal void Learn(bool wasInTime)
    {
        if (_restCallCount > 0)
        {
            _restCallCount--;
        }
        else if (wasInTime)
        {
            _failureCount = 0;
        }
        else if (++_failureCount >= FailureCountMax)
        {
            (_failureCount, _restCallCount) = (FailureCountMax - 1, RestCallCount);
        }
    }
}
