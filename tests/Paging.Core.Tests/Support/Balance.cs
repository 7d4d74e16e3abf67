using Paging.Core.Accounting;
using Paging.Core.Cache;
using Paging.Native;

namespace Paging.Core.Tests;

/// <summary>What an engine has in use, of everything that can leak.</summary>
internal readonly record struct Balance(
    uint Free, uint Kernel, uint PageTables, uint Anonymous, uint Cached, uint Allocated,
    uint Areas, uint Roots, uint Links, uint OpenFiles, uint RadixNodes, uint AreaNodes, long Committed, int Processes)
{
    public static Balance Of(PagingEngine engine)
    {
        uint In(FrameState state) => engine.Parts.Machine.Frames.CountOf(state).Value;
        return new(
            In(FrameState.Free), In(FrameState.Kernel), In(FrameState.PageTable), In(FrameState.Anonymous), In(FrameState.PageCache),
            In(FrameState.Allocated),
            engine.Parts.Machine.Areas.Slab.LiveCount, engine.Parts.Machine.Areas.RootRecords.LiveCount, engine.Parts.Machine.Areas.LinkRecords.LiveCount, engine.Parts.Files.OpenFiles.OpenCount,
                engine.Parts.Files.Cache.Forest.NodeCount, engine.Parts.Machine.Areas.TrieNodes.NodeCount,
            engine.Parts.Machine.Commitment.Committed, engine.ProcessCount);
    }
}
