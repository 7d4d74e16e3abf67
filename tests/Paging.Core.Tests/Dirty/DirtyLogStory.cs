using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Random calls of two processes, and a plain model of each dirty log's expected content: a set of pages, or the bytes of all frames.
/// </summary>
internal sealed class DirtyLogStory : IDisposable
{
    private const int PageCount = 40;

    private readonly World _world;
    private readonly WriteSources _sources;
    private readonly UserProcess[] _processes;
    private readonly List<(DirtyLog Log, int Process, HashSet<int> Expected)> _logs = [];
    private readonly FrameDirtyLog _frames;
    private readonly byte[][] _seen;

    public DirtyLogStory(WriteSources sources)
    {
        _world = new(1);
        _sources = sources;
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        _processes = [_world.First, _world.Engine.CreateProcess("second")];
        int descriptor = _world.OpenFile("file", 8);
        foreach (UserProcess process in _processes) World.MapAs(process, 0, 16, MemoryProtection.ReadWrite, World.PrivateFixed);
        _world.MapFile(descriptor, 16, 8, type: MapFlags.Shared);
        _world.MapFile(descriptor, 24, 8);
        World.MapAs(_processes[1], 16, 8, MemoryProtection.ReadWrite, World.SharedFixed);
        _frames = _world.Engine.OpenDirtyLog(sources);
        _seen = [.. Enumerable.Range(0, (int)_world.Engine.Ram.FrameCount.Value).Select(frame => Bytes((uint)frame).ToArray())];
    }

    public int WriteCount { get; private set; }

    public void Play(uint word)
    {
        int index = (int)((word >> 4) & 1), page = (int)((word >> 8) % PageCount), count = 1 + (int)((word >> 16) % 8);
        UserProcess process = _processes[index];
        switch (word & 15)
        {
            case 0: process.Memory.Protect(World.At(page), World.Bytes(count), MemoryProtection.Read); break;
            case 1: process.Memory.Protect(World.At(page), World.Bytes(count), MemoryProtection.ReadWrite); break;
            case 2: process.Memory.Advise(World.At(page), World.Bytes(count), MemoryAdvice.PageOut); break;
            case 3: Move(process, index, page, (int)((word >> 20) % PageCount), count); break;
            case 4: process.Memory.Advise(World.At(page), World.Bytes(count), MemoryAdvice.DontNeed); break;
            case 5: Open(process, index); break;
            case 6: Close(word >> 8); break;
            case 7: CollectPages(word >> 8); break;
            case 8: CollectFrames(); break;
            case 9:
                if (process.Fork(out UserProcess? child) == Errno.None) child!.Dispose();    // both sides lose their writable entries
                break;
            case 10: process.Memory.Mmu.TryRead(World.At(page), out byte _); break;
            default:
                for (int at = page; at < page + count; at++) Write(process, index, at, word);
                break;
        }
    }

    public void End()
    {
        _world.Verify();
        for (uint log = 0; log < _logs.Count; log++) CollectPages(log);
        CollectFrames();
        _world.Verify();
    }

    public void Dispose() => _world.Dispose();

    private void Write(UserProcess process, int index, int page, uint word)
    {
        if (!process.Memory.Mmu.TryWrite(World.At(page, (int)(word >> 20)), (byte)word)) return;
        WriteCount++;
        Expect(index, page);
    }

    private void Move(UserProcess process, int index, int from, int to, int count)
    {
        bool[] present = [.. Enumerable.Range(from, count).Select(page =>
            !process.Memory.Space.Tables.Read(World.At(page).Page).IsNeverTouched)];
        bool isOneArea = process.Memory.Space.Areas.Tree.Covering(World.At(from).Page) is { IsSome: true } area
            && process.Memory.Space.Areas[area].End >= World.At(from + count).Page;
        if (!isOneArea || Math.Abs(from - to) < count || process.Memory.Remap(World.At(from), World.Bytes(count), World.Bytes(count),
            RemapFlags.MayMove | RemapFlags.Fixed, World.At(to), out _) != Errno.None) return;
        for (int i = 0; i < count; i++)
        {
            if (present[i]) Expect(index, to + i);
        }
    }

    private void Expect(int process, int page)
    {
        foreach ((DirtyLog _, int at, HashSet<int> expected) in _logs)
        {
            if (at == process) expected.Add(page);
        }
    }

    private void Open(UserProcess process, int index)
    {
        if (_logs.Count < 3) _logs.Add((process.Memory.OpenDirtyLog(_sources), index, []));
    }

    private void Close(uint which)
    {
        if (_logs.Count == 0) return;
        int index = (int)(which % (uint)_logs.Count);
        _logs[index].Log.Dispose();
        _logs.RemoveAt(index);
    }

    private void CollectPages(uint which)
    {
        if (_logs.Count == 0) return;
        (DirtyLog log, int _, HashSet<int> expected) = _logs[(int)(which % (uint)_logs.Count)];
        List<int> found = [];
        foreach (PageNumber page in log.CollectDirty()) found.Add((int)(page.Value - World.Base.Page.Value));
        Assert.Equal(expected.Order(), found.Order());
        expected.Clear();
    }

    /// <summary>Each frame that a guest can see and whose bytes are not those of the last collection is in the log.</summary>
    private void CollectFrames()
    {
        HashSet<uint> found = [];
        foreach (FrameNumber frame in _frames.CollectDirty()) found.Add(frame.Value);
        for (uint frame = 0; frame < _seen.Length; frame++)
        {
            bool isVisible = _world.Engine.Frames.Describe(new(frame)).State
                is FrameState.Anonymous or FrameState.PageCache or FrameState.SwapCache;
            if (!isVisible) continue;
            bool isChanged = !Bytes(frame).SequenceEqual(_seen[frame]);
            if (isChanged && !found.Contains(frame)) Assert.Fail($"Frame {frame:x5} has changed, and the log does not have it.");
            if (found.Contains(frame)) Bytes(frame).CopyTo(_seen[frame]);
        }
    }

    private Span<byte> Bytes(uint frame) => _world.Engine.Ram.Bytes(new(frame));
}
