using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Windows.Sections;

namespace Paging.Windows.Tests;

/// <summary>
/// For n = 1, 2, 3 … the n-th allocation of each call and access is refused, until it needs fewer: a right error, nothing half done.
/// </summary>
public sealed class EveryAllocationOfACallFailsTests
{
    private const AllocationTypes ReserveAndCommit = AllocationTypes.Reserve | AllocationTypes.Commit;
    private const uint Length = 0x6000;

    private static readonly (string Name, Func<World, NtStatus> Act)[] _calls =
    [
        ("reserve", static world => world.Allocate(default, AllocationTypes.Reserve)),
        ("reserve and commit", static world => world.Allocate(default, ReserveAndCommit)),
        ("reserve write-watched", static world => world.Allocate(default, AllocationTypes.Reserve | AllocationTypes.WriteWatch)),
        ("commit", static world => world.Allocate(world.Reserved, AllocationTypes.Commit)),
        ("decommit a part", static world => world.Free(world.Committed + 0x1000, 0x2000, AllocationTypes.Decommit)),
        ("release the middle", static world => world.Free(world.Committed + 0x1000, 0x1000, AllocationTypes.Release)),
        ("protect", static world => world.Protect(world.Committed, PageProtection.ReadOnly)),
        ("guard", static world => world.Protect(world.Committed, PageProtection.ReadWrite | PageProtection.Guard)),
        ("map a view", static world => world.Map(SectionAccess.MapWrite)),
        ("map a view of copies", static world => world.Map(SectionAccess.Query)),
        ("map a view and commit pages", static world => world.MapCommitting()),
        ("map an image", static world => world.MapImage()),
        ("create a section", static world => world.CreateSection()),
        ("unmap a view", static world => world.Unmap()),
        ("protect a view", static world => world.Protect(world.View, PageProtection.WriteCopy)),
        ("commit in a view", static world => world.Allocate(world.Sparse, AllocationTypes.Commit)),
        ("store to fresh memory", static world => world.Store(world.Committed)),
        ("store to a view", static world => world.Store(world.View)),
        ("store to a page in transition", static world => world.StoreTrimmed(isTaken: false)),
        ("store to a page in the page file", static world => world.StoreTrimmed(isTaken: true)),
        ("copy on write", static world => world.StoreToCopy()),
        ("lock", static world => world.Lock()),
        ("reserve a placeholder", static world => world.AllocateEx(default, AllocationTypes.ReservePlaceholder, PageProtection.NoAccess)),
        ("split a placeholder at its start", static world => world.Split(0)),
        ("split a placeholder in its middle", static world => world.Split(0x2000)),
        ("split a placeholder at its end", static world => world.Split(0x4000)),
        ("replace a placeholder", static world => world.Replace(AllocationTypes.None)),
        ("replace a placeholder and commit", static world => world.Replace(AllocationTypes.Commit)),
        ("replace a placeholder, watched", static world => world.Replace(AllocationTypes.WriteWatch)),
    ];

    /// <summary>Calls that need no allocation at all, so that none can be refused.</summary>
    private static readonly string[] WithoutAllocation =
    [
        "commit", "decommit a part", "protect", "guard", "protect a view", "commit in a view", "store to a view",
        "store to a page in transition", "replace a placeholder", "replace a placeholder and commit", "unmap a view",
    ];

    public static TheoryData<string> Names => [.. _calls.Select(static call => call.Name)];

    [Theory, MemberData(nameof(Names))]
    public void ARefusedAllocationIsReportedAndChangesNothing(string name)
    {
        Func<World, NtStatus> act = _calls.Single(call => string.Equals(call.Name, name, StringComparison.Ordinal)).Act;
        int refused = 0;
        while (Try(act, refused + 1)) refused++;
        Assert.Equal(WithoutAllocation.Contains(name), refused == 0);
    }

    private static bool Try(Func<World, NtStatus> act, int number)
    {
        using World world = new();
        string before = world.Describe();
        FaultInjection injection = world.Engine.Parts.Machine.Injection;
        injection.FailAtAllocation = number;
        NtStatus outcome = act(world);
        bool wasRefused = injection.FailAtAllocation == 0;
        injection.FailAtAllocation = 0;
        world.AssertClean();
        if (outcome != NtStatus.Success)
        {
            Assert.True(wasRefused, $"{outcome} although nothing was refused");
            Assert.Contains(outcome,
                new[] { NtStatus.NoMemory, NtStatus.InsufficientResources, NtStatus.CommitmentLimit, NtStatus.InPageError });
            Assert.Equal(before, world.Describe());
            Assert.Equal(NtStatus.Success, act(world));
            world.AssertClean();
        }

        return wasRefused;
    }

    private sealed class World : IDisposable
    {
        private readonly WindowsMachine _machine;
        private readonly WindowsProcess _process;
        private readonly SectionHandle _section, _sparse, _image;
        private readonly VirtualAddress _trimmed, _copied;
        private VirtualAddress _lastAllocated;

        public World()
        {
            Engine = new(new EngineOptions { RamBytes = 2 << 20 });
            Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _);
            _machine = WindowsMachine.Of(Engine);
            _process = _machine.CreateProcess("refused");
            VirtualMemory memory = _process.Memory;
            memory.VirtualAlloc(default, Length, AllocationTypes.Reserve, PageProtection.ReadWrite, out VirtualAddress reserved);
            memory.VirtualAlloc(default, Length, ReserveAndCommit, PageProtection.ReadWrite, out VirtualAddress committed);
            memory.VirtualAlloc(default, Length, ReserveAndCommit, PageProtection.ReadWrite, out _trimmed);
            (Reserved, Committed) = (reserved, committed);
            Assert.Equal(NtStatus.Success, AllocateEx(default, AllocationTypes.ReservePlaceholder, PageProtection.NoAccess));
            Placeholder = _lastAllocated;
            FileMappingCalls calls = _process.Sections;
            calls.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.Commit, Length, null, out _section);
            calls.CreateFileMapping(null, PageProtection.ReadWrite, SectionFlags.Reserve, Length, null, out _sparse);
            calls.MapViewOfFileEx(_section, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress view);
            calls.MapViewOfFileEx(_sparse, SectionAccess.MapWrite, 0, 0, default, out VirtualAddress empty);
            calls.MapViewOfFileEx(_section, SectionAccess.Query, 0, 0, default, out _copied);
            (View, Sparse) = (view, empty);
            byte[] bytes = new PeBytes().Section(".text", 0x1000, 0x200, 0x200, 0x200, 0x6000_0020)
                .Section(".data", 0x2000, 0x2000, 0x400, 0x200, 0xC000_0040).Bytes;
            GuestFile file = Engine.Files.CreateMemoryFile("image", bytes.Length);
            Assert.Equal(Errno.None, file.Write(0, bytes, out _));
            Assert.Equal(NtStatus.Success, _process.Native.NtCreateSection(SectionAccess.All, 0, PageProtection.ReadOnly,
                SectionFlags.Image, _machine.OpenFile(file, FileAccessRights.Read), out _image));
            Assert.True(_process.Access.TryWrite(_trimmed, 7, out _));
            Assert.True(_process.Access.TryRead(_copied, out int _, out _));
        }

        public PagingEngine Engine { get; }

        public VirtualAddress Reserved { get; }

        public VirtualAddress Committed { get; }

        public VirtualAddress View { get; }

        public VirtualAddress Sparse { get; }

        public VirtualAddress Placeholder { get; }

        public NtStatus Allocate(VirtualAddress at, AllocationTypes types)
        {
            uint length = Length;
            return _process.Native.NtAllocateVirtualMemory(ref at, 0, ref length, types, PageProtection.ReadWrite);
        }

        public NtStatus Free(VirtualAddress at, uint length, AllocationTypes types) =>
            _process.Native.NtFreeVirtualMemory(ref at, ref length, types);

        public NtStatus AllocateEx(VirtualAddress at, AllocationTypes types, PageProtection protection)
        {
            uint length = Length;
            NtStatus status = _process.Native.NtAllocateVirtualMemoryEx(ref at, ref length, AllocationTypes.Reserve | types, protection);
            _lastAllocated = at;
            return status;
        }

        public NtStatus Split(uint offset) =>
            Free(Placeholder + offset, 0x2000, AllocationTypes.Release | AllocationTypes.PreservePlaceholder);

        public NtStatus Replace(AllocationTypes types) =>
            AllocateEx(Placeholder, AllocationTypes.ReplacePlaceholder | types, PageProtection.ReadWrite);

        public NtStatus Protect(VirtualAddress at, PageProtection protection)
        {
            uint length = 0x1000;
            return _process.Native.NtProtectVirtualMemory(ref at, ref length, protection, out _);
        }

        public NtStatus Map(SectionAccess access)
        {
            Win32Error error = _process.Sections.MapViewOfFileEx(_section, access, 0, 0, default, out _);
            return error switch
            {
                Win32Error.Success => NtStatus.Success,
                Win32Error.CommitmentLimit => NtStatus.CommitmentLimit,
                _ => NtStatus.InsufficientResources,
            };
        }

        public NtStatus MapCommitting()
        {
            VirtualAddress at = default;
            uint length = 0;
            return _process.Native.NtMapViewOfSection(
                _sparse, ref at, 0, 0x2000, 0, ref length, AllocationTypes.None, PageProtection.ReadWrite);
        }

        public NtStatus MapImage()
        {
            VirtualAddress at = default;
            uint length = 0;
            return _process.Native.NtMapViewOfSection(
                _image, ref at, 0, 0, 0, ref length, AllocationTypes.None, PageProtection.ReadOnly);
        }

        public NtStatus CreateSection() => _process.Native.NtCreateSection(
            SectionAccess.All, Length, PageProtection.ReadWrite, SectionFlags.Commit, file: null, out _);

        public NtStatus Unmap() => _process.Native.NtUnmapViewOfSection(View);

        public NtStatus Store(VirtualAddress at) =>
            _process.Access.TryWrite(at, 5, out MemoryException exception) ? NtStatus.Success : exception.Code;

        public NtStatus StoreTrimmed(bool isTaken)
        {
            _process.WorkingSet.Empty();
            if (isTaken && _machine.Threads.RunModifiedPageWriter(64) != 0) _machine.Parts.Transitions.Release(64);
            return Store(_trimmed);
        }

        public NtStatus StoreToCopy() => Store(_copied);

        public NtStatus Lock()
        {
            Win32Error error = _process.Memory.VirtualLock(Committed, 0x2000);
            return error == Win32Error.Success ? NtStatus.Success : NtStatus.InsufficientResources;
        }

        /// <summary>The agreed state. More may have been done: a page that came in before the refusal stays.</summary>
        public string Describe() => string.Join('\n', _process.TakeAddressSnapshot().Runs.Select(static run => run.Information))
            + _process.TakeRecord().CommitCharge + _machine.Commitment;

        public void AssertClean()
        {
            AuditReport report = Engine.Audit();
            Assert.True(report.IsClean, string.Join('\n', report.Findings));
            report = _machine.Audit();
            Assert.True(report.IsClean, string.Join('\n', report.Findings));
        }

        public void Dispose()
        {
            _process.Dispose();
            _machine.Dispose();
            Engine.Dispose();
        }
    }
}
