using Paging.Core.Composition;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>What an engine has in use, of everything that can leak.</summary>
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
