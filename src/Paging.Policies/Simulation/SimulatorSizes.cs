namespace Paging.Policies.Simulation;

/// <summary>How much a simulator reserves before it has seen a page: never more than a little, frames may outnumber pages.</summary>
internal static class SimulatorSizes
{
    private const int ReservedFrameCountMax = 1 << 12;

    /// <summary>Frames to reserve arrays for.</summary>
    public static int ReservedFor(int frameCount) => Math.Min(frameCount, ReservedFrameCountMax);
}
