using Paging.Scripting.Calls;
using Paging.Testing.Randomness;
using Paging.WindowsChecking.Dialect;

namespace Paging.Fuzz;

/// <summary>Calls that mean something one after the other, which single draws seldom make: others come between them.</summary>
internal sealed class WindowsStories(FuzzRandom random, bool isUnderPressure)
{
    private const uint Granule = 0x1_0000, HalfGranule = Granule / 2;
    private const uint Release = 0x8000, Preserve = 0x8002, Coalesce = 0x8001, MakePlaceholder = 0x42000, Replace = 0x7000;
    private const uint ReserveAndCommit = 0x3000, ReadWrite = 4, ReadOnly = 2, ExecuteRead = 0x20, Guard = 0x104, NoAccess = 1;
    private const int LengthMax = 64;

    private const uint ReadRights = 0x8000_0000, AllRights = 0xE000_0000, OfImage = 0x100_0000, Map = 4;
    private const uint ImageLength = 0x1000, PartCount = 6;
    private const long ImageSeed = 0x5A4D_0000;

    private readonly Queue<ScenarioCall> _calls = new();
    private readonly Queue<ScenarioCall> _beginning = BeginningOf(random, isUnderPressure);

    /// <summary>
    /// The calls before all others: in every second seed, images and sections of them; in some others a name, a file of which no section
    /// can be made, or a section that is written and must stay so. False: there is none left.
    /// </summary>
    public bool TryNextOfBeginning(out ScenarioCall call) => _beginning.TryDequeue(out call);

    /// <summary>Begins a story of views of an image: at its base and elsewhere, protected, written, looked at, and gone.</summary>
    public void BeginOfImage(int process, uint place)
    {
        if (_calls.Count > LengthMax) return;
        long section = random.Between(1, 2);
        uint wanted = random.OneOf<uint>([0, 0, place]), types = random.OneOf<uint>([0, 0, 0x10_0000, 0x4000_0000]);
        Add(process, WindowsCallName.NtMapViewOfSection, section, wanted, 0, 0, 0, random.Percent(80) ? 0 : 0x2000, types, ReadOnly);
        if (random.Percent(40)) Add(process, WindowsCallName.MapViewOfFileEx, section, Map, 0, 0, random.Percent(50) ? 0 : place);
        for (int i = random.Between(2, 10); i > 0; i--) AddPartCalls(process, wanted == 0 ? place & ~0x3_FFFFu : place);
        uint offset = random.OneOf<uint>([0, 0x200, 0x600]);
        if (random.Percent(20)) Add(0, WindowsCallName.WriteFile, 1 | WindowsCall.FileMark, 0x200, offset, random.Below(9));
        if (random.Percent(15)) Add(0, WindowsCallName.NtCreateSection, 0xF001F, 0, ReadOnly, OfImage, 1 | WindowsCall.FileMark);
        if (random.Percent(60)) Add(process, WindowsCallName.NtUnmapViewOfSection, place + ((uint)random.Below(PartCount) << 12));
    }

    private static Queue<ScenarioCall> BeginningOf(FuzzRandom random, bool isUnderPressure)
    {
        Queue<ScenarioCall> calls = new();
        if (random.Percent(50))
        {
            if (random.Percent(30)) BeginName(random, calls);
            else if (random.Percent(15)) BeginUnfit(random, calls);
            else if (isUnderPressure) BeginWritten(random, calls);
            return calls;
        }

        for (int i = 0; i < 2; i++)
        {
            long seed = ImageSeed | (uint)random.Below(0x50) | (random.Percent(15) ? (uint)random.Below(0x80) : 0);
            uint length = random.Percent(90) ? 2 * ImageLength : ImageLength;
            long rights = random.Percent(50) ? ReadRights : AllRights;
            calls.Enqueue(WindowsCall.Of(0, WindowsCallName.Open, [length, seed, rights], i == 0 ? "p" : "q"));
            long file = (uint)(i + 1) | WindowsCall.FileMark;
            bool isWin32 = random.Percent(50);
            calls.Enqueue(isWin32 ? WindowsCall.Of(0, WindowsCallName.CreateFileMapping, [file, ReadOnly | OfImage, 0])
                : WindowsCall.Of(0, WindowsCallName.NtCreateSection, [0xF001F, 0, ReadOnly, OfImage, file]));
        }

        return calls;
    }

    // Before anything else, when the numbers of sections are certain.
    /// <summary>A section with a name gets perhaps a second handle, loses one or all, and is asked for by its name again.</summary>
    private static void BeginName(FuzzRandom random, Queue<ScenarioCall> calls)
    {
        const string Name = "n";
        calls.Enqueue(WindowsCall.Of(0, WindowsCallName.CreateFileMapping, [-1, ReadWrite, Granule], Name));
        if (random.Percent(40)) calls.Enqueue(WindowsCall.Of(0, WindowsCallName.OpenFileMapping, [Map], Name));
        int handles = calls.Count, closed = random.Between(1, handles);
        for (int section = 1; section <= closed; section++) calls.Enqueue(WindowsCall.Of(0, WindowsCallName.CloseHandle, [section]));
        calls.Enqueue(random.Percent(50)
            ? WindowsCall.Of(0, WindowsCallName.OpenFileMapping, [Map], Name)
            : WindowsCall.Of(0, WindowsCallName.CreateFileMapping, [-1, ReadWrite, 2 * Granule], Name));
    }

    /// <summary>Sections of a file that is empty or no image. Then it gets some length, or none, and is asked again.</summary>
    private static void BeginUnfit(FuzzRandom random, Queue<ScenarioCall> calls)
    {
        const uint Commit = 0x800_0000;
        const long File = 1 | WindowsCall.FileMark;
        bool isEmpty = random.Percent(70);
        calls.Enqueue(WindowsCall.Of(0, WindowsCallName.Open, [isEmpty ? 0 : ImageLength, random.Below(9), AllRights], "e"));
        for (int i = 0; i < 2; i++)
        {
            uint kind = isEmpty && random.Percent(70) ? Commit : OfImage;
            Add(calls, 0, WindowsCallName.CreateFileMapping, File, ReadOnly | kind, 0);
            Add(calls, 0, WindowsCallName.NtCreateSection, 0xF001F, 0, ReadOnly, kind, File);
            if (i == 0) Add(calls, 0, WindowsCallName.SetEndOfFile, File, (long)random.Below(3) << 12);
        }
    }

    /// <summary>
    /// A section is read and then written through one view, which goes or changes; memory gets short; and another view shows its bytes.
    /// </summary>
    private static void BeginWritten(FuzzRandom random, Queue<ScenarioCall> calls)
    {
        const uint Written = 0x2000_0000, Shown = 0x2001_0000, Write = 2, WriteCopy = 8;
        Add(calls, 0, WindowsCallName.CreateFileMapping, -1, ReadWrite, Granule);
        Add(calls, 0, WindowsCallName.MapViewOfFileEx, 1, Write, 0, 0, Written);
        Add(calls, 0, WindowsCallName.MapViewOfFileEx, 1, Map, 0, 0, Shown);
        Wait(random.Below(20));    // the system's threads do their work by the number of calls
        if (random.Percent(80)) Add(calls, 0, WindowsCallName.Sum, Written, Granule);
        Add(calls, 0, WindowsCallName.Fill, Written + (uint)random.Below(0x8000), random.Between(1, 0x8000), random.Between(1, 255));
        if (random.Percent(70))
        {
            Add(calls, 0, WindowsCallName.UnmapViewOfFile, Written);
        }
        else
        {
            Add(calls, 0, WindowsCallName.VirtualProtect, Written, Granule, WriteCopy);
            Add(calls, 0, WindowsCallName.Fill, Written, Granule, random.Below(256));
        }

        Wait(random.Between(20, 80));
        Add(calls, 0, WindowsCallName.Sum, Shown, Granule);

        void Wait(int count)
        {
            for (int i = 0; i < count; i++) Add(calls, 0, WindowsCallName.VirtualQuery, Shown + ((uint)random.Below(16) << 12));
        }
    }

    private void AddPartCalls(int process, uint place)
    {
        uint page = place + ((uint)random.Below(4) << 16) + ((uint)random.Below(PartCount) << 12), spot = page + (uint)random.Below(0x600);
        switch (random.Below(8))
        {
            case 0: Add(process, WindowsCallName.VirtualQuery, page); break;
            case 1 or 2: Add(process, WindowsCallName.Store, spot, random.Below(256)); break;
            case 3: Add(process, WindowsCallName.Load32, spot); break;
            case 4: Add(process, WindowsCallName.Exec, spot); break;
            case 5: Add(process, WindowsCallName.Sum, page, 0x1000); break;
            case 6:
                uint protection = random.OneOf<uint>([2, 4, 4, 8, 0x20, 0x40, 0x80, 1, 0x104]);
                Add(process, WindowsCallName.VirtualProtect, page, (uint)random.Between(1, 3) << 12, protection);
                break;
            default: Add(process, WindowsCallName.VirtualAlloc, page, 0x1000, random.OneOf<uint>([0x1000, 0x80000]), ReadWrite); break;
        }
    }

    /// <summary>Begins a story of a process at a place.</summary>
    public void Begin(int process, uint place)
    {
        if (_calls.Count > LengthMax) return;
        if (isUnderPressure && random.Percent(75)) AddPageCalls(process, place);
        else AddPlaceholderCalls(process, place);
    }

    /// <summary>The next call of the stories that have begun. Returns false if there is none.</summary>
    public bool TryNext(out ScenarioCall call) => _calls.TryDequeue(out call);

    /// <summary>A placeholder is split, joined, and joined again where there is but one; or replaced by memory.</summary>
    private void AddPlaceholderCalls(int process, uint place)
    {
        Add(process, WindowsCallName.NtAllocateVirtualMemoryEx, place, Granule, MakePlaceholder, NoAccess);
        if (random.Percent(50)) Add(process, WindowsCallName.NtFreeVirtualMemory, place, Granule, Coalesce);
        uint cut = random.OneOf([place, place + HalfGranule, place + 0x4000]);
        Add(process, WindowsCallName.NtFreeVirtualMemory, cut, HalfGranule, Preserve);
        if (random.Percent(50)) Add(process, WindowsCallName.NtAllocateVirtualMemoryEx, cut, HalfGranule, Replace, ReadWrite);
        else Add(process, WindowsCallName.NtFreeVirtualMemory, cut, HalfGranule, Coalesce);
        Add(process, WindowsCallName.NtFreeVirtualMemory, place, Granule, Coalesce);
        if (random.Percent(70)) Add(process, WindowsCallName.NtFreeVirtualMemory, place, Granule, Coalesce);
        Add(process, WindowsCallName.NtFreeVirtualMemory, place, 0, Release);
    }

    /// <summary>Pages are written, get another protection, go to the page file, and are looked at and freed there.</summary>
    private void AddPageCalls(int process, uint place)
    {
        Add(process, WindowsCallName.VirtualAlloc, place, Granule, ReserveAndCommit, ReadWrite);
        Add(process, WindowsCallName.Fill, place, Granule, random.Below(256));
        uint protection = random.OneOf([ReadOnly, ReadOnly, ExecuteRead, Guard, NoAccess, ReadWrite]);
        Add(process, WindowsCallName.VirtualProtect, place, HalfGranule, protection);
        for (int i = random.Below(8); i > 0; i--) Add(process, WindowsCallName.VirtualQuery, place + ((uint)random.Below(16) << 12));
        if (random.Percent(60))
        {
            Add(process, WindowsCallName.Store, place + ((uint)random.Below(16) << 12), random.Below(256));
            Add(process, WindowsCallName.VirtualProtect, place, HalfGranule, ReadWrite);
            Add(process, WindowsCallName.Sum, place, Granule);
        }

        if (random.Percent(70)) Add(process, WindowsCallName.VirtualFree, place, 0, Release);
        else Add(process, WindowsCallName.NtFreeVirtualMemory, place + 0x2000, 0x6000, Release);
    }

    private void Add(int process, WindowsCallName name, params ReadOnlySpan<long> arguments) =>
        Add(_calls, process, name, arguments);

    private static void Add(Queue<ScenarioCall> calls, int process, WindowsCallName name, params ReadOnlySpan<long> arguments) =>
        calls.Enqueue(WindowsCall.Of(process, name, arguments));
}
