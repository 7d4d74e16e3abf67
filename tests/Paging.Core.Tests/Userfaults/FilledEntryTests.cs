using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Collections;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Pages that a userfaultfd fills: the entry's rights, the frame's owner and group, and the counters of pages.</summary>
/// <remarks>Linux: mm/userfaultfd.c mfill_atomic_install_pte; mm/mprotect.c can_change_pte_writable.</remarks>
public sealed class FilledEntryTests : IDisposable
{
    private readonly World _world = new();
    private readonly GuestFile _file;

    public FilledEntryTests() => _file = _world.CreateFile("shared", 8);

    public void Dispose()
    {
        _world.Verify();
        _world.Dispose();
    }

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string how in (string[])["copy", "copy to shared", "continue", "unprotect", "unprotect shared", "move"])
                foreach (string where in (string[])["plain", "read-only", "soft-clean", "logged", "protected"])
                    if (!(how is "move" && where is "read-only" or "protected")) cases.Add(how, where);
            return cases;
        }
    }

    /// <summary>
    /// A page that is put into place is writable at once if its area is, unless the next write must be seen. A protected page of shared
    /// memory becomes writable with its next write.
    /// </summary>
    [Theory, MemberData(nameof(Cases))]
    public void APageIsWritableWhereNoWriteMustBeSeen(string how, string where)
    {
        bool isShared = how is "copy to shared" or "continue" or "unprotect shared";
        if (isShared) _world.MapFile(_world.Open(_file), 0, 8, type: MapFlags.Shared);
        else _world.Map(0, 8);
        _world.Map(20, 2);
        _world.Touch(20, 0x20);
        if (how is "copy to shared") World.Succeeds(_file.SetLength(0));
        if (how is "copy to shared") World.Succeeds(_file.SetLength(8 * 4096));
        if (how.StartsWith("unprotect", StringComparison.Ordinal)) _world.Touch(1, 0x11);
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.All & ~UserfaultFeatures.Signal
            & ~UserfaultFeatures.ProtectSilently);
        UserfaultModes modes = UserfaultModes.WriteProtect | (how is "continue" ? UserfaultModes.Minor : UserfaultModes.Missing);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(8), modes));
        if (where is "soft-clean") World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        if (where is "read-only") World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(8), MemoryProtection.Read));
        using DirtyLog? log = where is "logged" ? _world.Memory.OpenDirtyLog(WriteSources.Processor) : null;
        long anonymous = _world.Memory.Space.Statistics.ResidentAnonymous, shared = _world.Memory.Space.Statistics.ResidentShared;

        UserfaultFillFlags flags = where is "protected" ? UserfaultFillFlags.WriteProtect : UserfaultFillFlags.None;
        byte[] bytes = new byte[4096];
        bytes.AsSpan().Fill(0x5A);
        if (how is "copy" or "copy to shared") World.Succeeds(faults.Copy(World.At(1), bytes, flags, out _));
        else if (how is "continue") World.Succeeds(faults.Continue(World.At(1), 4096, flags, out _));
        else if (how is "move")
            World.Succeeds(faults.Move(World.At(1), World.At(20), 4096, allowHoles: false, UserfaultFillFlags.None, out _));
        else
        {
            World.Succeeds(faults.WriteProtect(World.At(1), 4096, protect: true));
            if (where is not "protected") World.Succeeds(faults.WriteProtect(World.At(1), 4096, protect: false));
        }

        PageTableEntry entry = _world.Memory.Space.Tables.Read(World.At(1).Page);
        bool isLate = how is "unprotect shared";
        if (how is not "move") Assert.Equal(where is "plain" && !isLate, entry.IsWritable);
        Assert.Equal((true, where is "protected"), (entry.IsUser, entry.IsAttribute));
        bool isNew = how is not ("move" or "unprotect" or "unprotect shared");
        Assert.Equal((isNew && !isShared ? 1 : 0, isNew && isShared ? 1 : 0),
            (_world.Memory.Space.Statistics.ResidentAnonymous - anonymous, _world.Memory.Space.Statistics.ResidentShared - shared));
        ref FrameDescriptor frame = ref _world.Machine.Frames[entry.Frame];
        Assert.Equal((isShared ? FrameState.PageCache : FrameState.Anonymous, 1u), (frame.State, frame.MapCount));
        Assert.Equal(isShared ? 1u : World.At(1).Page.Value, frame.Index);
        if (isShared && isNew) Assert.True((frame.Flags & PageFlags.Dirty) != 0);

        bool isWritten = _world.Mmu.TryWrite(World.At(1, 9), (byte)9, out MemoryFault fault);
        Assert.Equal(where switch { "read-only" => MemoryFaultKind.NotAllowed, "protected" => MemoryFaultKind.Pending, _ => default },
            fault.Kind);
        if (isWritten) Assert.Equal(9, _world.Peek(1, 9));
    }

    /// <summary>A page of zeros is the shared one, and is never written to; a copied page is charged to the process's group.</summary>
    [Fact]
    public void ZerosCostNothingAndACopyIsChargedToTheGroup()
    {
        World.Succeeds(_world.Engine.Groups.Create(new() { Limit = FrameCount.MiB(1) }, out Reclaim.MemoryGroup? group));
        UserProcess process = _world.Engine.CreateProcess("member", ProcessOptions.Default with { Group = group });
        World.MapAs(process, 0, 4, MemoryProtection.ReadWrite, World.PrivateFixed);
        using Userfaultfd faults = process.Memory.Userfaultfds.Open();
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing));
        World.Succeeds(faults.ZeroPage(World.At(0), 8192, UserfaultFillFlags.None, out ulong done));
        Assert.Equal(8192ul, done);
        Assert.Equal(0u, group!.Usage.Value - group.Tables.Value);
        World.Succeeds(faults.Copy(World.At(2), new byte[8192], UserfaultFillFlags.None, out _));
        Assert.Equal((2u, 2u), (group.Usage.Value - group.Tables.Value, process.Memory.Usage.Resident.Value));
        Assert.Equal(Errno.EEXIST, faults.ZeroPage(World.At(2), 4096, UserfaultFillFlags.None, out _));
    }

    /// <summary>A message names the byte only where that was asked for, and otherwise the page.</summary>
    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 0)]
    public void AMessageHasTheExactAddressIfThatWasAskedFor(bool isExact, int offset)
    {
        _world.Map(0, 2);
        using Userfaultfd faults = _world.Memory.Userfaultfds.Open(isExact ? UserfaultFeatures.ExactAddress : UserfaultFeatures.None);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(2), UserfaultModes.Missing));
        Assert.False(_world.Mmu.TryRead(World.At(1, 5), out byte _));
        Assert.True(faults.TryRead(out UserfaultMessage message));
        Assert.Equal(World.At(1, offset), message.Address);
    }
}
