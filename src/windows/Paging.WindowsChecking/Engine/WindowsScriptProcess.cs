using System.Text;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Windows;
using Paging.Windows.Sections;
using Paging.WindowsChecking.Dialect;

namespace Paging.WindowsChecking.Engine;

/// <summary>One process of a Windows scenario: its handles by their numbers, its accesses, and the results of inspection.</summary>
/// <param name="process">The process.</param>
/// <param name="first">Process 0, whose sections the others may name; null for itself.</param>
/// <param name="files">The open files, which all processes share.</param>
internal sealed class WindowsScriptProcess(WindowsProcess process, WindowsScriptProcess? first, WindowsFilesOfScript files)
{
    private const int ChunkByteLength = 1 << 16;

    private readonly List<SectionHandle> _handles = [];    // of process 0: by number
    private readonly Dictionary<long, SectionHandle> _duplicates = [];    // of another process: of those that it has named

    public WindowsProcess Process { get; } = process;

    /// <summary>The same process after it was saved and loaded, with the handles that it had.</summary>
    /// <param name="loaded">The loaded process.</param>
    /// <param name="firstLoaded">Process 0, loaded; null for itself.</param>
    /// <param name="copied">The files of its machine.</param>
    public WindowsScriptProcess Moved(WindowsProcess loaded, WindowsScriptProcess? firstLoaded, WindowsFilesOfScript copied)
    {
        WindowsScriptProcess moved = new(loaded, firstLoaded, copied);
        moved._handles.AddRange(_handles);
        foreach ((long number, SectionHandle handle) in _duplicates) moved._duplicates.Add(number, handle);
        return moved;
    }

    /// <summary>Gives a handle its number. Handles of other processes than 0 have none of their own.</summary>
    public WindowsField Number(SectionHandle handle)
    {
        WindowsScriptProcess owner = first ?? this;
        if (first is not null) Process.Sections.DuplicateHandle(handle, first.Process, access: null, out handle);
        owner._handles.Add(handle);
        return new(WindowsFieldKind.Section, owner._handles.Count);
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

    /// <summary>Finds the file of an argument, or null if it means no file. Returns false if its number is not an open file.</summary>
    public bool TryFindFile(long argument, bool isNone, out WindowsFile? file)
    {
        file = isNone ? null : files.Find(argument);
        return isNone || file is not null;
    }

    public ScriptResult Access(in ScenarioCall call)
    {
        VirtualAddress address = new(call.Word(0));
        MemoryAccess access = Process.Access;
        bool isDone;
        ScriptResult result = ScriptResult.Number(0);
        MemoryException exception;
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.Load:
                isDone = access.TryRead(address, out byte value, out exception);
                result = ScriptResult.Byte(value);
                break;
            case WindowsCallName.Load32:
                isDone = access.TryRead(address, out uint word, out exception);
                result = ScriptResult.Word(word);
                break;
            case WindowsCallName.Store: isDone = access.TryWrite(address, (byte)call[1], out exception); break;
            case WindowsCallName.Store32: isDone = access.TryWrite(address, call.Word(1), out exception); break;
            case WindowsCallName.Fill: isDone = access.TryFill(address, call.Word(1), (byte)call[2], out exception); break;
            case WindowsCallName.Exec: isDone = access.TryFetch(address, out _, out exception); break;
            case WindowsCallName.Sum: return Sum(call);
            default: return Inspect(call);
        }

        return isDone ? result : WindowsResult.Exception(exception);
    }

    private ScriptResult Inspect(in ScenarioCall call)
    {
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.Regions: return Regions(call);
            case WindowsCallName.Workingset: return WorkingSet(call);
            case WindowsCallName.Stack:
                Process.Stack = new(new(call.Word(0)), new(call.Word(1)), new(call.Word(2)));
                return ScriptResult.Number(0);
            default: return ScriptResult.Address(Process.Stack.Limit);
        }
    }

    private ScriptResult Sum(in ScenarioCall call)
    {
        byte[] chunk = new byte[Math.Min(call.Word(1), ChunkByteLength)];
        uint crc = 0;
        for (uint done = 0; done < call.Word(1);)
        {
            Span<byte> part = chunk.AsSpan(0, (int)Math.Min(ChunkByteLength, call.Word(1) - done));
            if (!Process.Access.TryCopyOut(new(call.Word(0) + done), part, out MemoryException exception))
                return WindowsResult.Exception(exception);
            crc = ScriptBytes.Crc32(part, crc);
            done += (uint)part.Length;
        }

        return ScriptResult.Crc(crc);
    }

    private ScriptResult Regions(in ScenarioCall call)
    {
        List<string> rows = [];
        uint at = call.Word(0), high = call.Word(1);
        while (at < high && Process.Memory.VirtualQuery(new(at), out MemoryBasicInformation run) == Win32Error.Success)
        {
            PageNumber end = new(Math.Min((run.Base + run.Count).Value, high >> 12));
            if (run.State != MemoryState.Free) rows.Add(Row(run, end));
            at = (run.Base + run.Count).Address.Value;
        }

        return ScriptResult.Block(string.Join('\n', rows));
    }

    private static string Row(in MemoryBasicInformation run, PageNumber end) =>
        $"{run.Base.Address.Value:x8}-{end.Address.Value:x8} " + WindowsResult.Of(new(WindowsFieldKind.Memory, (long)run.State),
            WindowsResult.ProtectionField(run.Protection)) + $" {run.AllocationBase.Address.Value:x8} " +
        WindowsResult.Of(WindowsResult.ProtectionField(run.AllocationProtection), new(WindowsFieldKind.Memory, (long)run.Kind));

    private ScriptResult WorkingSet(in ScenarioCall call)
    {
        StringBuilder text = new();
        for (uint page = call.Word(0) >> 12; page < call.Word(1) >> 12; page++)
            text.Append(Process.Memory.IsInWorkingSet(new(page)) ? '1' : '0');
        return ScriptResult.Quoted(text.ToString());
    }
}
