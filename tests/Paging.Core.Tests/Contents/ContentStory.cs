using Paging.Native;
using Paging.Reports;

namespace Paging.Core.Tests;

/// <summary>Several processes in little RAM, driven by a script of words. Every word is a valid operation.</summary>
internal sealed class ContentStory : IDisposable
{
    private const int ProcessCountMax = 6;

    private readonly World _world = new(1);
    private readonly List<ModelProcess> _processes;
    private readonly List<(FrameNumber First, int Order)> _taken = [];
    private uint _written;

    /// <summary>Begins a story.</summary>
    /// <param name="isShort">The host takes 160 of the 256 frames for itself.</param>
    public ContentStory(bool isShort = false)
    {
        _processes = [new(_world.First)];
        foreach (int order in isShort ? [7, 5] : Array.Empty<int>())
        {
            if (!_world.Engine.Frames.TryTake(order, out FrameNumber first)) throw new InvalidOperationException("No such block is free.");
            _taken.Add((first, order));
        }
    }

    public World World => _world;

    /// <summary>Times that there was no frame for something.</summary>
    public int ShortageCount { get; private set; }

    public void Play(uint word)
    {
        uint free = _world.Machine.Allocator.FreeFrames.Value;
        if (free == 0) ShortageCount++;
        ModelProcess process = _processes[(int)(word >> 4) % _processes.Count];
        int page = (int)((word >> 8) % ModelProcess.PageCount);
        int count = Math.Min(1 + (int)((word >> 14) % 12), ModelProcess.PageCount - page);
        int slot = (int)((word >> 18) & 3);
        switch (word & 15)
        {
            case 0: process.Map(page, count, MemoryProtection.ReadWrite, isShared: false); break;
            case 1:
                process.Map(page, count, (word >> 20 & 1) == 0 ? MemoryProtection.ReadWrite : MemoryProtection.Read, isShared: true);
                break;
            case 2: process.Unmap(page, count); break;
            case 3:
                process.Protect(page, count,
                (word >> 20 & 3) switch { 0 => MemoryProtection.None, 1 => MemoryProtection.Read, _ => MemoryProtection.ReadWrite }); break;
            case 4:
                process.Advise(page, count,
                (word >> 20 & 3) switch { 0 => MemoryAdvice.DontFork, 1 => MemoryAdvice.DoFork, _ => MemoryAdvice.DontNeed }); break;
            case 5: process.Move(page, (int)((word >> 20) % (uint)(ModelProcess.PageCount - count + 1)), count); break;
            case 6: Fork(process); break;
            case 7: Exit(process); break;
            case 8 or 9: process.Read(page, slot); break;
            default:
                for (int at = page; at < page + count; at++) process.Write(at, slot, ++_written);
                break;
        }
    }

    /// <summary>Every word equals the model's, and every rule holds.</summary>
    public void Verify()
    {
        _world.Verify();
        foreach (ModelProcess process in _processes) process.ReadEverything();
        _world.Verify();
    }

    /// <summary>Everything is given back, and nothing is left.</summary>
    public void End()
    {
        Verify();
        foreach ((FrameNumber first, int order) in _taken) _world.Engine.Frames.Return(first, order);
        _world.AssertNothingIsLeft();
    }

    /// <summary>The state visible from outside, as text.</summary>
    public string Describe()
    {
        HashCode bytes = default;
        for (uint frame = 0; frame < _world.Engine.Ram.FrameCount.Value; frame++) bytes.AddBytes(_world.Engine.Ram.Bytes(new(frame)));
        return string.Join('\n', _processes.Select(static process =>
            process.Process.Memory.FormatMaps() + process.Process.Memory.FormatStatus()))
            + _world.Engine.FormatBuddyInfo() + Balance.Of(_world.Engine) + bytes.ToHashCode().ToString("x8");
    }

    public void Dispose() => _world.Dispose();

    private void Fork(ModelProcess parent)
    {
        if (_processes.Count == ProcessCountMax) return;
        if (parent.Fork() is { } child) _processes.Add(child);
        else ShortageCount++;
    }

    private void Exit(ModelProcess process)
    {
        if (_processes.Count == 1) return;
        process.Process.Dispose();
        _processes.Remove(process);
    }
}
