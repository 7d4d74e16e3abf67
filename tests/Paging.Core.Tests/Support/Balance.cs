using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>What an engine has in use, of everything that can leak.</summary>
internal readonly record struct Balance(
    uint Free, uint Kernel, uint PageTables, uint Anonymous, uint Cached, uint Allocated,
    uint Areas, uint Roots, uint Links, uint OpenFiles, uint RadixNodes, uint AreaNodes, long Committed, int Processes)
{
    public static Balance Of(PagingEngine engine)
    {
        uint In(FrameState state) => engine.Frames.CountOf(state).Value;
        return new(
            In(FrameState.Free), In(FrameState.Kernel), In(FrameState.PageTable), In(FrameState.Anonymous), In(FrameState.PageCache),
            In(FrameState.Allocated),
            engine.AreaSlab.LiveCount, engine.RootSlab.LiveCount, engine.LinkSlab.LiveCount, engine.Files.OpenCount,
                engine.Cache.Forest.NodeCount, engine.AreaNodes.NodeCount,
            engine.Commitment.Committed, engine.ProcessCount);
    }
}
