namespace Paging.Policies.Simulation;

/// <summary>The sizes that a simulator reserves before it has seen a page: always small, as frames may outnumber pages.</summary>
internal static class SimulatorSizes
{
    private const int ReservedFrameCountMax = 1 << 12;

    /// <summary>Frames to reserve arrays for.</summary>
    public static int ReservedFor(int frameCount) => Math.Min(frameCount, ReservedFrameCountMax);
}
