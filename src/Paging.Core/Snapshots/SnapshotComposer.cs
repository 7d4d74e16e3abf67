using Paging.Core.Spaces;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core.Snapshots;

/// <summary>Writes the form of a saved process for memory that no process of an engine has.</summary>
internal sealed class SnapshotComposer(Stream stream)
{
    private readonly Dictionary<string, uint> _files = new(StringComparer.Ordinal);
    private readonly ChecksummedWriter _writer = new(stream, new ThreadGuard());    // no engine has to be kept from being called

    /// <summary>Writes everything before the areas.</summary>
    public void Begin(string name, in ProgramExtents program, VirtualAddress startBreak, VirtualAddress endOfHeap, int areaCount)
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
        _writer.Write((uint)areaCount);
    }

    /// <summary>Writes a private area. Areas are disjoint, in order, and in the user half.</summary>
    public void AddArea(PageRange range, MemoryProtection protection, string fileName, FilePage fileOffset, bool growsDown)
    {
        AreaFlags flags = (AreaFlags)protection | AreaFlags.MayWrite | AreaFlags.MayExecute;
        if ((flags & AreaFlags.Write) != 0) flags |= AreaFlags.Accounted;    // private and writable (accountable_mapping of mm/mmap.c)
        if (growsDown) flags |= AreaFlags.GrowsDown;
        bool hasFile = fileName.Length != 0;
        _writer.Write(range.First.Value);
        _writer.Write(range.Count.Value);
        _writer.Write(SnapshotFormat.ToSaved(flags));
        _writer.Write(hasFile ? fileOffset.Value : range.First.Value);
        if (!hasFile)
        {
            _writer.Write(SnapshotFormat.NoFile);
            return;
        }

        if (!_files.TryGetValue(fileName, out uint number)) _files.Add(fileName, number = (uint)_files.Count + 1);
        _writer.Write(number);
        _writer.Write(fileName);
    }

    /// <summary>Ends the part that a loader checks first; pages follow.</summary>
    public void EndAreas() => _writer.WriteChecksum();

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

    private void WriteHeader(uint first, uint count, uint bits)
    {
        _writer.Write(first);
        _writer.Write(count);
        _writer.Write(bits);
    }
}
