using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Two processes in a group with few frames and a policy that checks its notifications: private pages, shared ones and pages of a file.
/// Beside it the frames of the group, and the test's own record of each page: its name, whether it was used, and whether it is
/// newer than its copy.
/// </summary>
public sealed class PluggedPolicyModelTests
{
    private const int Private = 0, Shared = 100, File = 200, PagesOfEach = 16;

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(AccessInformation.AccessedBits)]
    [InlineData(AccessInformation.EveryAccess)]
    public void APolicyIsNotifiedOfEveryPageThatComesAndGoes(AccessInformation information) => Property.ForSeeds(12, seed =>
    {
        Random random = new((int)seed);
        using PolicyWorld world = new(limit: (uint)random.Next(5, 20), information);
        UserProcess[] processes = [world.Start(), world.Start()];
        int disk = world.OpenDisk(processes[0]);
        foreach (UserProcess process in processes)
            World.MapAs(process, Private, PagesOfEach, MemoryProtection.ReadWrite, World.PrivateFixed);
        World.MapAs(processes[0], Shared, PagesOfEach, MemoryProtection.ReadWrite, World.SharedFixed);
        World.Succeeds(processes[0].Memory.Map(World.At(File), World.Bytes(PagesOfEach), MemoryProtection.Read,
            MapFlags.Shared | MapFlags.Fixed, disk, 0, out _));
        Dictionary<(int Process, int Page), byte> bytes = [];
        for (int step = 0; step < 250; step++)
        {
            int kind = random.Next(4);
            int process = kind < 2 ? kind : 0;
            int page = (kind < 2 ? Private : kind == 2 ? Shared : File) + random.Next(PagesOfEach);
            Mmu mmu = processes[process].Memory.Mmu;
            byte expected = kind == 3 ? (byte)(0x10 + page - File) : bytes.GetValueOrDefault((process, page));
            switch (random.Next(12))
            {
                case < 5 when kind < 3:
                    bytes[(process, page)] = (byte)step;
                    world.Access((process, page), processes[process], AccessKind.Write, () => mmu.Write(World.At(page, 9), (byte)step));
                    break;
                case < 9:
                    world.Access((process, page), processes[process], AccessKind.Read,
                        () => Assert.Equal(expected, mmu.Read<byte>(World.At(page, 9))));
                    break;
                case 9 when kind < 2 && !world.Locked.Contains((process, page)):
                    World.Succeeds(processes[process].Memory.Advise(World.At(page), 4096, MemoryAdvice.DontNeed));
                    bytes.Remove((process, page));
                    break;
                case 10 when kind < 2 && world.Locked.Count < world.Limit - 3:
                    world.Lock((process, page), processes[process]);
                    break;
                case 11 when world.Locked.Count != 0:
                    world.Unlock(world.Locked.First(), processes);
                    break;
                default: break;
            }

            world.Compare();
        }

        world.Base.Verify();
        foreach (UserProcess process in processes) process.Dispose();
        world.Compare();
    });
}

/// <summary>A group with a <see cref="RecordedPolicy"/>, and the expected state of its pages.</summary>
internal sealed class PolicyWorld : IDisposable
{
    private readonly AccessInformation _information;
    private readonly Dictionary<(int Process, int Page), ulong> _names = [];
    private readonly HashSet<ulong> _used = [], _written = [];

    public PolicyWorld(uint limit, AccessInformation information = AccessInformation.AccessedBits, int swapReadAhead = 1)
    {
        (Limit, _information) = ((int)limit, information);
        Base = new(World.Options() with { FaultAroundPages = 1, SwapReadAheadPages = swapReadAhead, ReadAheadPages = 1 });
        World.Succeeds(Base.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        World.Succeeds(Base.Engine.Groups.Create(new()
        {
            Limit = new(limit),
            CountsTables = false,
            Policy = ReclaimPolicy.Of(_ => new RecordedPolicy(Record), information)
        }, out MemoryGroup? group));
        Group = group!;
        Record.IsHeld = name => Locked.Any(page => _names.TryGetValue(page, out ulong other) && other == name);
    }

    public World Base { get; }
    public MemoryGroup Group { get; }
    public PolicyRecord Record { get; } = new();
    public HashSet<(int Process, int Page)> Locked { get; } = [];
    public int Limit { get; }

    /// <summary>The names of the pages in the group's frames, read from the descriptors.</summary>
    private ulong[] Listed
    {
        get
        {
            List<ulong> found = [];
            FrameTable frames = Base.Machine.Frames;
            for (uint frame = 0; frame < frames.Count.Value; frame++)
            {
                ref FrameDescriptor descriptor = ref frames[new FrameNumber(frame)];
                if ((descriptor.Flags & FrameFlags.OnList) == 0 || descriptor.Group != Group.Number) continue;
                bool isOfObject = descriptor.State == FrameState.PageCache;
                found.Add(((isOfObject ? 0 : 1UL << 63) | ((ulong)descriptor.Owner << 32)) + descriptor.Index);
            }

            return [.. found.Order()];
        }
    }

    public UserProcess Start() => Base.Engine.CreateProcess("p", new ProcessOptions { Group = Group });

    /// <summary>A file of a disk that counts up from 10h, opened for a process.</summary>
    public int OpenDisk(UserProcess process)
    {
        World.Succeeds(Base.CreateBacked(new ByteBacking(16 * 4096)).Open(process, FileRights.Read, out int descriptor));
        return descriptor;
    }

    /// <summary>Makes an access and checks the policy's notifications: a miss and perhaps a victim, or a hit.</summary>
    public void Access((int Process, int Page) page, UserProcess process, AccessKind kind, Action access)
    {
        int misses = Record.Misses.Count, hits = Record.Hits.Count, victims = Record.Evictions.Count;
        int used = Record.Pages.Count;
        PageTableEntry before = process.Memory.Space.Tables.Read(World.At(page.Page).Page);
        bool wasPresent = before.IsPresent && !EntryWords.IsSpecial(before);
        Record.Bits.Clear();
        access();
        CheckBits();
        Assert.True(Record.Misses.Count <= misses + 1);
        if (Record.Misses.Count != misses) Learn(page, Record.Misses[^1]);
        bool isFull = used == Limit && Record.Misses.Count != misses;
        Assert.Equal(victims + (isFull ? 1 : 0), Record.Evictions.Count);
        if (isFull) _used.Remove(Record.Evictions[^1]);
        if (!_names.TryGetValue(page, out ulong name)) return;    // the zero page has no name
        bool isHit = wasPresent && _information == AccessInformation.EveryAccess;
        Assert.Equal(isHit ? [name] : [], Record.Hits[hits..]);
        _used.Add(name);
        if (kind == AccessKind.Write) _written.Add(name);
    }

    public void Lock((int Process, int Page) page, UserProcess process)
    {
        int misses = Record.Misses.Count;
        Record.Bits.Clear();
        World.Succeeds(process.Memory.Lock(World.At(page.Page), 4096));
        CheckBits();
        Locked.Add(page);
        if (Record.Misses.Count == misses) return;    // a page that is there is not used by that
        Learn(page, Record.Misses[^1]);
        _used.Add(Record.Misses[^1]);
    }

    public void Unlock((int Process, int Page) page, UserProcess[] processes)
    {
        World.Succeeds(processes[page.Process].Memory.Unlock(World.At(page.Page), 4096));
        Locked.Remove(page);
    }

    /// <summary>The slots of the policy hold what the frames of the group hold.</summary>
    public void Compare()
    {
        Assert.Equal(Listed, Record.Pages.Values.Order());
        Assert.Equal(Record.Pages.Count, (int)Group.Usage.Value);
    }

    public void Dispose() => Base.Dispose();

    /// <summary>A page keeps its name while it is out, and no other page has it.</summary>
    private void Learn((int Process, int Page) page, ulong name)
    {
        Assert.False(_names.TryGetValue(page, out ulong known) && known != name, $"page {page} had another name");
        Assert.DoesNotContain(_names, other => other.Key != page && other.Value == name);
        _names[page] = name;
        _written.Remove(name);
    }

    /// <summary>Checks the bits reported while a victim was sought: pages used since the last search, and pages without a copy.</summary>
    private void CheckBits()
    {
        if (Record.Bits.Count == 0) return;
        foreach ((ulong name, (bool isAccessed, bool isDirty)) in Record.Bits)
        {
            bool isOfTheFile = _names.Any(one => one.Value == name && one.Key.Page >= 200);
            Assert.Equal(_information == AccessInformation.AccessedBits && _used.Contains(name), isAccessed);
            if (isOfTheFile) Assert.False(isDirty);
            else if (_written.Contains(name)) Assert.True(isDirty);
        }

        _used.Clear();
    }
}
