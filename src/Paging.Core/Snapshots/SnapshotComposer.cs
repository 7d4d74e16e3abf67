using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>Writes the form of a saved process for memory that no process of an engine has.</summary>
internal sealed class SnapshotComposer(Stream stream)
{
    private readonly ChecksummedWriter _writer = new(stream, new ThreadGuard());    // no engine has to be kept from being called

    /// <summary>Writes everything before the pages. The areas are disjoint, in order, and in the user half.</summary>
    public void Begin(string name, IReadOnlyList<ImageArea> areas, in ProgramExtents program, VirtualAddress startBreak,
        VirtualAddress endOfHeap)
    {
        _writer.Write(SnapshotFormat.Magic);
        _writer.Write(SnapshotFormat.Version);
        _writer.Write(name);
        _writer.Write(0u);    // no preference for being ended
        ResourceLimits limits = ResourceLimits.Default;
        const uint topDown = 1;
        ReadOnlySpan<uint> state =
        [
            endOfHeap.Value, topDown, (uint)AreaFlags.None, MemoryLayout.FlexibleBase(limits.Stack).Value, startBreak.Value,
            program.StartCode.Value, program.EndCode.Value, program.StartData.Value, program.EndData.Value,
            program.StartStack.Value, program.ArgumentStart.Value, program.ArgumentEnd.Value, program.EnvironmentEnd.Value,
        ];
        foreach (uint word in state) _writer.Write(word);
        foreach (ulong limit in (ReadOnlySpan<ulong>)[limits.Data, limits.Stack, limits.LockedMemory, limits.AddressSpace])
            _writer.Write(limit);
        _writer.Write((uint)areas.Count);
        Dictionary<string, uint> files = new(StringComparer.Ordinal);
        foreach (ImageArea area in areas) Write(area, files);
        _writer.WriteChecksum();
    }

    /// <summary>Writes a run of pages: of zeros, or of the next pages of the image.</summary>
    public void AddRun(PageNumber first, uint count, bool isZero) =>
        WriteHeader(first.Value, count, SnapshotFormat.SavedBits | (isZero ? SnapshotFormat.ZeroRun : SnapshotFormat.FarRun));

    /// <summary>Writes the end.</summary>
    public void Finish()
    {
        WriteHeader(0, 0, 0);
        _writer.WriteChecksum();
        _writer.Flush();
    }

    private void Write(ImageArea area, Dictionary<string, uint> files)
    {
        AreaFlags flags = (AreaFlags)area.Protection | AreaFlags.MayWrite | AreaFlags.MayExecute;
        if ((flags & AreaFlags.Write) != 0) flags |= AreaFlags.Accounted;    // private and writable, as accountable_mapping of mm/mmap.c
        if (area.GrowsDown) flags |= AreaFlags.GrowsDown;
        bool hasFile = area.FileName.Length != 0;
        _writer.Write(area.Range.First.Value);
        _writer.Write(area.Range.Count.Value);
        _writer.Write(SnapshotFormat.ToSaved(flags));
        _writer.Write(hasFile ? area.FileOffset.Value : area.Range.First.Value);
        if (!hasFile)
        {
            _writer.Write(SnapshotFormat.NoFile);
            return;
        }

        if (!files.TryGetValue(area.FileName, out uint number)) files.Add(area.FileName, number = (uint)files.Count + 1);
        _writer.Write(number);
        _writer.Write(area.FileName);
    }

    private void WriteHeader(uint first, uint count, uint bits)
    {
        _writer.Write(first);
        _writer.Write(count);
        _writer.Write(bits);
    }
}
