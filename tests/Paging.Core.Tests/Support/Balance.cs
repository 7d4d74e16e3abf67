using Paging.Core.Composition;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>The resources of an engine that can leak, with the number in use.</summary>
internal readonly record struct Balance(
    uint Free, uint Kernel, uint PageTables, uint Anonymous, uint Cached, uint Allocated,
    uint Areas, uint Roots, uint Links, uint OpenFiles, uint RadixNodes, uint AreaNodes, long Committed, int Processes)
{
    public static Balance Of(PagingEngine engine)
    {
        MachineParts machine = engine.Parts.Machine;
        FileParts files = engine.Parts.Files;
        uint In(FrameState state) => machine.Frames.CountOf(state).Value;
        return new(
            In(FrameState.Free), In(FrameState.Kernel), In(FrameState.PageTable), In(FrameState.Anonymous), In(FrameState.PageCache),
            In(FrameState.Allocated),
            machine.Areas.Slab.LiveCount, machine.Areas.RootRecords.LiveCount, machine.Areas.LinkRecords.LiveCount,
            files.OpenFiles.OpenCount, files.Cache.Forest.NodeCount, machine.Areas.TrieNodes.NodeCount,
            machine.Commitment.Committed, engine.ProcessCount);
    }
}
