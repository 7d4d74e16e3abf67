using Paging.Core;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Programs.Heap;

namespace Paging.Tour;

/// <summary>The pictures that stories show.</summary>
public static class Camera
{
    /// <summary>Every frame of the machine by its state.</summary>
    public static StoryCamera Frames => static look => FramesFigure.Draw(look.Now, look.Before);

    /// <summary>The counters, and their changes since the step before.</summary>
    public static StoryCamera Counters => static look => CountersFigure.Draw(look.Now, look.Before);

    /// <summary>The pages of each file in the page cache.</summary>
    public static StoryCamera Cache => static look => CacheFigure.Draw(look.Now, look.Before);

    internal static StoryCamera Space(UserProcess process)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? AddressSpaceFigure.Draw(space, look.Before?.SpaceOf(id)) : null;
    }

    /// <summary>An address space with the addresses that a story has used.</summary>
    internal static StoryCamera Space(UserProcess process, params AddressMark[] marks)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? AddressSpaceFigure.Draw(space, look.Before?.SpaceOf(id), marks) : null;
    }

    /// <summary>A stack to scale, with the addresses that a story has used.</summary>
    internal static StoryCamera Stack(UserProcess process, PageNumber end, ulong limit, params AddressMark[] marks)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? StackFigure.Draw(space, look.Before?.SpaceOf(id), end, limit, marks) : null;
    }

    internal static StoryCamera Tables(UserProcess process, PageRange? focus = null, int count = 6)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? PageTableFigure.Draw(space, look.Before?.SpaceOf(id), focus, count) : null;
    }

    internal static StoryCamera Descriptors(UserProcess process)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? ProcessFigure.Draw(space, look.Before?.SpaceOf(id)) : null;
    }

    internal static StoryCamera Tree(UserProcess process)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? AreaTreeFigure.Draw(space) : null;
    }

    internal static StoryCamera Spaces(params (UserProcess Process, string Name)[] columns) => Spaces(-1, columns);

    internal static StoryCamera Spaces(int active, params (UserProcess Process, string Name)[] columns)
    {
        (int Id, string Name)[] asked = [.. columns.Select(static column => (column.Process.Id, column.Name))];
        return look => SpacesFigure.Draw([.. asked.Select(column => (Space: look.Now.SpaceOf(column.Id), column.Name))
            .Where(static column => column.Space is not null).Select(static column => (column.Space!, column.Name))], active);
    }

    internal static StoryCamera Entries(UserProcess process, params (string Name, VirtualAddress Address)[] asked)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is not { } space ? null : EntryFigure.Draw(
            [.. asked.Select(entry => (entry.Name, space.EntryOf(entry.Address.Page)))],
            look.Before?.SpaceOf(id) is { } before ? [.. asked.Select(entry => before.EntryOf(entry.Address.Page).Entry.Word)] : null,
            space.Format);
    }

    internal static StoryCamera Mapping(UserProcess process, VirtualAddress start, uint pages, string title, GuestFile? file = null)
    {
        PageWindow window = new(process.Id, new(start.Page, new(pages)), title);
        return look => look.Now.SpaceOf(window.ProcessId) is null ? null
            : MappingFigure.Draw(look.Now, look.Before, window, null, file?.Id ?? 0);
    }

    internal static StoryCamera Mapping(PageWindow left, PageWindow right, GuestFile? file = null) =>
        look => MappingFigure.Draw(look.Now, look.Before, left, right, file?.Id ?? 0);

    internal static PageWindow Window(UserProcess process, VirtualAddress start, uint pages, string title) =>
        new(process.Id, new(start.Page, new(pages)), title);

    internal static StoryCamera Footprints(params UserProcess[] processes)
    {
        int[] ids = [.. processes.Select(static process => process.Id)];
        return look => FootprintFigure.Draw([.. ids.Select(look.Now.SpaceOf).OfType<SpaceView>()]);
    }

    /// <summary>A program in memory, with the fields of mm_struct.</summary>
    internal static StoryCamera Layout(UserProcess process, VirtualAddress mmapBase)
    {
        int id = process.Id;
        ulong stack = process.Memory.GetLimit(ResourceLimit.Stack);
        return look => look.Now.SpaceOf(id) is { } space ? LayoutFigure.Draw(space, look.Before?.SpaceOf(id), mmapBase, stack) : null;
    }

    /// <summary>The way from an address to a byte.</summary>
    internal static StoryCamera Translation(UserProcess process, VirtualAddress address)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? TranslationFigure.Draw(space, address) : null;
    }

    /// <summary>Variables in their segments; the values are looked up at each step.</summary>
    internal static StoryCamera Variables(UserProcess process, Func<SpaceView, IReadOnlyList<VariableView>> values)
    {
        int id = process.Id;
        IReadOnlyList<VariableView>? before = null;
        return look =>
        {
            if (look.Now.SpaceOf(id) is not { } space) return null;
            IReadOnlyList<VariableView> now = values(space);
            Figure figure = VariablesFigure.Draw(space, now, before);
            before = now;
            return figure;
        };
    }

    /// <summary>The places that many runs of a program have given its segments.</summary>
    internal static StoryCamera Chance(
        params (string Name, VirtualAddress Lowest, VirtualAddress Highest, VirtualAddress[] Places)[] rows) =>
        _ => ChanceFigure.Draw(rows);

    internal static StoryCamera Heap(GuestHeap heap, uint wanted = 0) =>
        _ => HeapFigure.Draw([.. heap.SnapshotChunks().Select(static chunk =>
            new HeapBlock(chunk.Start, chunk.ByteLength, chunk.IsInUse))], wanted);
}
