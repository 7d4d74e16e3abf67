namespace Paging.Core.Snapshots;

/// <summary>The places of an image's pages: which page of which process, or of which shared memory, is which slot.</summary>
/// <remarks>Made of the saved form. A delta compares pages at the same place, so a wrong place costs a page and no correctness.</remarks>
internal sealed class ImagePlaces
{
    private readonly List<PlacedRun[]> _memories = [], _processes = [];

    private ImagePlaces() { }

    /// <summary>The pages of a shared memory by its place in the form; none if there is no such memory.</summary>
    public PlacedRun[] OfMemory(int index) => index < _memories.Count ? _memories[index] : [];

    /// <summary>The pages of a process by its place in the form; none if there is no such process.</summary>
    public PlacedRun[] OfProcess(int index) => index < _processes.Count ? _processes[index] : [];

    /// <summary>Reads the form of an image. Cost: O(areas + runs).</summary>
    public static ImagePlaces Of(ImageContent image)
    {
        ImagePlaces places = new();
        using Stream areas = image.Open();
        ChecksummedReader reader = new(areas, new Threads.CallerCheck());    // no engine has to be kept from being called
        try
        {
            places.Read(reader, image.IsEngine);
        }
        catch (InvalidDataException)
        {
            // A damaged form is reported when it is cloned. What was read is good enough to compare pages with.
        }

        return places;
    }

    private void Read(ChecksummedReader reader, bool isEngine)
    {
        SavedMachine machine = SavedMachine.Read(reader, isEngine);
        uint slot = 0;
        foreach (SavedMemory _ in machine.Memories) _memories.Add(ReadRuns(reader, ref slot));
        foreach (SavedProcess process in machine.Processes)
        {
            if (process.ExitCode is null)
            {
                SkipPool(reader, machine, process);
                _processes.Add(ReadRuns(reader, ref slot));
            }
            else
            {
                _processes.Add([]);
            }
        }
    }

    private static PlacedRun[] ReadRuns(ChecksummedReader reader, ref uint slot)
    {
        List<PlacedRun> runs = [];
        while (true)
        {
            uint first = reader.ReadWord(), count = reader.ReadWord(), bits = reader.ReadWord();
            if (count == 0) return [.. runs];
            if ((bits & SnapshotFormat.RepeatedRun) != 0)
            {
                reader.ReadWord();    // the process that has the pages
                reader.ReadWord();    // and the first page there
            }
            else if ((bits & SnapshotFormat.FarRun) != 0)
            {
                runs.Add(new(first, count, slot));
                slot += count;
            }
        }
    }

    // What a SavedPoolWriter writes of each area of the pool.
    private static void SkipPool(ChecksummedReader reader, SavedMachine machine, SavedProcess process)
    {
        foreach (SavedArea area in process.Areas)
        {
            if (area.Memory == 0 || !machine.Memories[area.Memory - 1].IsHuge) continue;
            reader.ReadWord();    // its flags
            for (uint used = reader.ReadWord(); used > 0; used--) reader.ReadWord();
        }
    }
}

/// <summary>Pages of one process, or of one shared memory, that have slots of an image.</summary>
/// <param name="First">The number of the first page in the process or the memory.</param>
/// <param name="Count">The number of pages.</param>
/// <param name="Slot">The slot of the first one.</param>
internal readonly record struct PlacedRun(uint First, uint Count, uint Slot);
