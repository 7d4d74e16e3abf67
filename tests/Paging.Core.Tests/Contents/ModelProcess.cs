using Xunit;

namespace Paging.Core.Tests;

/// <summary>A process and the expected contents of its memory; each call goes to both.</summary>
internal sealed class ModelProcess(UserProcess process)
{
    public const int PageCount = 48;

    private ModelPage?[] _pages = new ModelPage?[PageCount];

    public UserProcess Process { get; } = process;

    public void Map(int page, int count, MemoryProtection rights, bool isShared)
    {
        World.Succeeds(Process.Memory.Map(World.At(page), World.Bytes(count), rights, isShared
            ? World.SharedFixed : World.PrivateFixed, out _));
        for (int at = page; at < page + count; at++) _pages[at] = ModelPage.New(rights, isShared);
    }

    public void Unmap(int page, int count)
    {
        World.Succeeds(Process.Memory.Unmap(World.At(page), World.Bytes(count)));
        Array.Clear(_pages, page, count);
    }

    /// <summary>Up to the first hole.</summary>
    public void Protect(int page, int count, MemoryProtection rights)
    {
        int end = Array.FindIndex(_pages, page, count, static at => at is null);
        World.Returns(end < 0 ? Errno.None : Errno.ENOMEM, Process.Memory.Protect(World.At(page), World.Bytes(count), rights));
        for (int at = page; at < (end < 0 ? page + count : end); at++) _pages[at]!.Rights = rights;
    }

    /// <summary>Everything mapped in the range.</summary>
    public void Advise(int page, int count, MemoryAdvice advice)
    {
        Errno expected = Array.Exists(_pages[page..(page + count)], static at => at is null) ? Errno.ENOMEM : Errno.None;
        World.Returns(expected, Process.Memory.Advise(World.At(page), World.Bytes(count), advice));
        foreach (ModelPage? at in _pages[page..(page + count)])
        {
            if (at is null) continue;
            if (advice == MemoryAdvice.DontNeed && !at.IsShared) Array.Clear(at.Words);
            if (advice != MemoryAdvice.DontNeed) at.IsNotForked = advice == MemoryAdvice.DontFork;
        }
    }

    /// <summary>Moves to a place that does not overlap. Areas move one by one; each unmaps its new place first.</summary>
    public void Move(int from, int to, int count)
    {
        if (Math.Abs(from - to) < count) return;
        Errno expected = _pages[from] is null ? Errno.EFAULT : Errno.None;
        World.Returns(expected, Process.Memory.Remap(World.At(from), World.Bytes(count), World.Bytes(count),
            RemapFlags.MayMove | RemapFlags.Fixed, World.At(to), out _));
        if (expected != Errno.None) return;
        for (int at = 0; at < count; at++)
        {
            if (_pages[from + at] is not { } moved) continue;
            (_pages[to + at], _pages[from + at]) = (moved, null);
        }
    }

    /// <summary>Writes a word. Without a frame for it nothing has changed.</summary>
    public void Write(int page, int slot, uint value)
    {
        bool written = Process.Memory.Mmu.TryWrite(World.At(page, ModelPage.Offsets[slot]), value, out MemoryFault fault);
        if (CheckFault(page, slot, fault, needsWrite: true)) return;
        Assert.Equal(!fault.IsFault, written);
        if (written) _pages[page]!.Words[slot] = value;
    }

    /// <summary>Reads a word, and compares it.</summary>
    public void Read(int page, int slot)
    {
        _ = Process.Memory.Mmu.TryRead(World.At(page, ModelPage.Offsets[slot]), out uint value, out MemoryFault fault);
        if (CheckFault(page, slot, fault, needsWrite: false)) return;
        if (fault.Kind != MemoryFaultKind.OutOfMemory) Assert.Equal(_pages[page]!.Words[slot], value);
        else Assert.True(_pages[page]!.IsZero, $"Page {page} of process {Process.Id} was written and is lost.");
    }

    public void ReadEverything()
    {
        for (int page = 0; page < PageCount; page++)
            for (int slot = 0; slot < ModelPage.Offsets.Length; slot++) Read(page, slot);
    }

    /// <summary>A child, or null where there is no memory for it.</summary>
    public ModelProcess? Fork()
    {
        if (Process.Fork(out UserProcess? child) != Errno.None) return null;
        return new(child!) { _pages = [.. _pages.Select(static page => page is null or { IsNotForked: true } ? null : page.Fork())] };
    }

    /// <summary>Returns true if the page must refuse the access, and did.</summary>
    private bool CheckFault(int page, int slot, MemoryFault fault, bool needsWrite)
    {
        MemoryFaultKind expected = _pages[page] switch
        {
            null => MemoryFaultKind.NotMapped,
            { Rights: MemoryProtection.None } => MemoryFaultKind.NotAllowed,
            { Rights: MemoryProtection.Read } when needsWrite => MemoryFaultKind.NotAllowed,
            _ => MemoryFaultKind.None,
        };
        if (expected != MemoryFaultKind.None) Assert.Equal(new(expected, World.At(page, ModelPage.Offsets[slot])), fault);
        else Assert.True(fault.Kind is MemoryFaultKind.None or MemoryFaultKind.OutOfMemory, $"page {page}: {fault}");
        return expected != MemoryFaultKind.None;
    }
}
