using Paging.WindowsChecking.Dialect;
using System.Text;
using Paging.Native;
using Paging.Scripting.Engine;
using Paging.Windows;
using Paging.Windows.Sections;
using Paging.Windows.Spaces;

namespace Paging.WindowsChecking.Engine;

/// <summary>One process of a Windows scenario: its handles by their numbers, its accesses, and what inspection shows.</summary>
/// <param name="process">The process.</param>
/// <param name="first">Process 0, whose sections the others may name; null for itself.</param>
/// <param name="files">The open files, which all processes share.</param>
internal sealed class WindowsScriptProcess(WindowsProcess process, WindowsScriptProcess? first, WindowsFilesOfScript files)
{
    private const int ChunkByteLength = 1 << 16;

    private readonly List<SectionHandle> _handles = [];    // of process 0: by number
    private readonly Dictionary<long, SectionHandle> _duplicates = [];    // of another process: of those that it has named

    public WindowsProcess Process { get; } = process;

    /// <summary>Gives a handle its number. Handles of other processes than 0 have none of their own.</summary>
    public string Number(SectionHandle handle)
    {
        WindowsScriptProcess owner = first ?? this;
        if (first is not null) Process.Sections.DuplicateHandle(handle, first.Process, access: null, out handle);
        owner._handles.Add(handle);
        return $"s{owner._handles.Count}";
    }

    /// <summary>The handle of a number. In another process than 0 it is duplicated at its first use.</summary>
    public SectionHandle Handle(long number)
    {
        if (first is null) return number > 0 && number <= _handles.Count ? _handles[(int)number - 1] : default;
        if (_duplicates.TryGetValue(number, out SectionHandle known)) return known;
        Win32Error error = first.Process.Sections.DuplicateHandle(first.Handle(number), Process, access: null, out SectionHandle copy);
        if (error != Win32Error.Success) return default;
        _duplicates.Add(number, copy);
        return copy;
    }

    /// <summary>Finds the file of an argument. Returns false for a number that is no open file, unless it stands for none.</summary>
    public bool TryFindFile(long argument, bool isNone, out WindowsFile? file)
    {
        file = isNone ? null : files.Find(argument);
        return isNone || file is not null;
    }

    public string Access(WindowsCall call)
    {
        VirtualAddress address = new(call.Word(0));
        MemoryAccess access = Process.Access;
        MemoryException exception;
        switch (call.Name)
        {
            case WindowsCallName.Load:
                return access.TryRead(address, out byte value, out exception) ? $"0x{value:x2}" : WindowsText.Exception(exception);
            case WindowsCallName.Load32:
                return access.TryRead(address, out uint word, out exception) ? $"0x{word:x8}" : WindowsText.Exception(exception);
            case WindowsCallName.Store:
                return access.TryWrite(address, (byte)call[1], out exception) ? "0" : WindowsText.Exception(exception);
            case WindowsCallName.Store32:
                return access.TryWrite(address, call.Word(1), out exception) ? "0" : WindowsText.Exception(exception);
            case WindowsCallName.Fill:
                return access.TryFill(address, call.Word(1), (byte)call[2], out exception) ? "0" : WindowsText.Exception(exception);
            case WindowsCallName.Sum: return Sum(call);
            case WindowsCallName.Exec:
                return access.TryFetch(address, out _, out exception) ? "0" : WindowsText.Exception(exception);
            default: return Inspect(call);
        }
    }

    private string Inspect(WindowsCall call)
    {
        switch (call.Name)
        {
            case WindowsCallName.Regions: return Regions(call);
            case WindowsCallName.Workingset: return WorkingSet(call);
            case WindowsCallName.Stack:
                Process.Stack = new(new(call.Word(0)), new(call.Word(1)), new(call.Word(2)));
                return "0";
            default:
                StackBounds stack = Process.Stack;
                return $"0x{stack.Limit.Value:x8}";
        }
    }

    private string Sum(WindowsCall call)
    {
        byte[] chunk = new byte[Math.Min(call.Word(1), ChunkByteLength)];
        uint crc = 0;
        for (uint done = 0; done < call.Word(1);)
        {
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkByteLength, call.Word(1) - done));
            if (!Process.Access.TryCopyOut(new(call.Word(0) + done), part, out MemoryException exception))
                return WindowsText.Exception(exception);
            crc = ScriptBytes.Crc32(part, crc);
            done += (uint)part.Length;
        }

        return $"crc32=0x{crc:x8}";
    }

    private string Regions(WindowsCall call)
    {
        StringBuilder rows = new("{\n");
        uint at = call.Word(0), high = call.Word(1);
        while (at < high && Process.Memory.VirtualQuery(new(at), out MemoryBasicInformation run) == Win32Error.Success)
        {
            PageNumber end = new(Math.Min((run.Base + run.Count).Value, high >> 12));
            if (run.State != MemoryState.Free) rows.Append(WindowsText.Row(run, end)).Append('\n');
            at = (run.Base + run.Count).Address.Value;
        }

        return rows.Append('}').ToString();
    }

    private string WorkingSet(WindowsCall call)
    {
        StringBuilder text = new("\"");
        for (uint page = call.Word(0) >> 12; page < call.Word(1) >> 12; page++)
            text.Append(Process.Memory.IsInWorkingSet(new(page)) ? '1' : '0');
        return text.Append('"').ToString();
    }
}
