using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.WindowsChecking.Dialect;
using static Paging.WindowsChecking.Model.ModelWords;

namespace Paging.WindowsChecking.Model;

/// <summary>
/// A slow, plainly right model of the 28 rules: lists of allocations, a record for each page, and byte arrays; no trees, no page tables.
/// </summary>
/// <remarks>
/// It shares no code with the engine. A difference between the two is a bug in one of them; the recordings decide in which. It has no
/// limit of memory: refusals for lack of memory are tested on the engine alone.
/// </remarks>
public sealed class WindowsReferenceMachine : IWindowsMachine
{
    private readonly List<WindowsModelProcess> _processes = [];
    private readonly List<ModelHandle?> _handles = [];
    private readonly List<ModelSection> _sections = [];
    private readonly List<ModelOpenFile?> _open = [];
    private readonly Dictionary<string, ModelFile> _files = new(StringComparer.Ordinal);
    private PageRange _arena;

    /// <inheritdoc/>
    public void Start(PageRange arena)
    {
        _arena = arena;
        AddProcess();
    }

    /// <summary>Executes one call.</summary>
    /// <remarks>The rules write their results as the document spells them, and the parser of recordings reads them.</remarks>
    public ScriptResult Execute(in ScenarioCall call)
    {
        if ((uint)call.Process >= (uint)_processes.Count) return ScriptResult.Unsupported($"there is no process {call.Process}");
        string text = ExecuteRules(_processes[call.Process], call);
        return call.Signature.Success == CallResultKind.Block ? ScriptResult.Block(text)
            : WindowsDialect.Instance.ParseResult(text, call.Signature, new("the model", 0));
    }

    private string ExecuteRules(WindowsModelProcess process, in ScenarioCall call)
    {
        return WindowsCall.NameOf(call) switch
        {
            <= WindowsCallName.ResetWriteWatch => ModelMemoryCalls.Execute(process, call),
            WindowsCallName.NtAllocateVirtualMemory or WindowsCallName.NtAllocateVirtualMemoryEx or WindowsCallName.NtFreeVirtualMemory
                or WindowsCallName.NtProtectVirtualMemory => ModelMemoryCalls.ExecuteNative(process, call),
            WindowsCallName.ReadProcessMemory or WindowsCallName.WriteProcessMemory => CopyBetween(call),
            WindowsCallName.Spawn => AddProcess().ToString(),
            >= WindowsCallName.Load => TouchCalls.Execute(process, call),
            >= WindowsCallName.Open and <= WindowsCallName.GetFileSize => ExecuteFile(call),
            WindowsCallName.CloseHandle when (call[0] & WindowsCall.FileMark) != 0 => ExecuteFile(call),
            _ => ExecuteSection(process, call),
        };
    }

    /// <inheritdoc/>
    public void Dispose() { }

    private int AddProcess()
    {
        _processes.Add(new(_arena.First.Value, _arena.End.Value));
        return _processes.Count - 1;
    }

    /// <summary>A handle by its number. In another process than 0 it is duplicated at its first use, and lives on there.</summary>
    private ModelHandle? HandleOf(WindowsModelProcess process, long number)
    {
        if (process.Handles.TryGetValue(number, out ModelHandle? own)) return own;
        ModelHandle? found = number > 0 && number <= _handles.Count ? _handles[(int)number - 1] : null;
        if (process == _processes[0] || found is null) return found;
        found.Section.Handles++;
        process.Handles.Add(number, found);
        return found;
    }

    private string Open(ModelSection section, uint access)
    {
        section.Handles++;
        _handles.Add(new(section, access));
        return $"s{_handles.Count}";
    }

    private string ExecuteSection(WindowsModelProcess process, in ScenarioCall call)
    {
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.CreateFileMapping: return Create(call);
            case WindowsCallName.NtCreateSection:
                ModelOpenFile? file = FileOf(call[4]);
                if (file is null && call[4] != 0) return "STATUS_INVALID_HANDLE";
                string made = SectionRules.Make(_sections, file, call[1], call.Word(2), call.Word(3), out ModelSection? section);
                if (made is not Success) return made;
                _sections.Add(section!);
                return $"{Success} {Open(section!, call.Word(0))}";
            case WindowsCallName.OpenFileMapping:
                if (Named(call.FileName) is not { } named) return "0 ERROR_FILE_NOT_FOUND";
                return Open(named, call.Word(0) == 1 ? 4 : call.Word(0));
            case WindowsCallName.DuplicateHandle:
                return HandleOf(process, call[0]) is { } source ? Open(source.Section, call.Word(1)) : "FALSE ERROR_INVALID_HANDLE";
            case WindowsCallName.CloseHandle: return Close(process, call[0]);
            case WindowsCallName.NtQuerySection: return Query(HandleOf(process, call[0]));
            default: return ExecuteView(process, call);
        }
    }

    private string ExecuteView(WindowsModelProcess process, in ScenarioCall call)
    {
        ModelAllocation? view;
        string status;
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.MapViewOfFile or WindowsCallName.MapViewOfFileEx:
                uint protection = SectionRules.ProtectionOf(call.Word(1));
                ModelViewRequest wanted = new(call.Word(4), 0, 0, call[2], call.Word(3), 0, protection, IsWin32: true);
                status = SectionRules.Map(process, HandleOf(process, call[0]), wanted, out view);
                return status is Success or NotAtBase ? $"0x{view!.First << 12:x8}" : $"0 {Error(status)}";
            case WindowsCallName.NtMapViewOfSection:
                bool rounds = (call.Word(6) & RoundToPage) != 0;
                uint address = rounds ? call.Word(1) & ~0xFFFu : call.Word(1);
                ModelViewRequest request = new(
                    address, call.Word(2), call.Word(3), call[4], call.Word(5), call.Word(6), call.Word(7), IsWin32: false);
                status = SectionRules.Map(process, HandleOf(process, call[0]), request, out view);
                return status is Success or NotAtBase
                    ? $"{status} base=0x{view!.First << 12:x8} offset=0x{call[4]:x} size=0x{view.Pages.Count << 12:x}"
                    : status;
            case WindowsCallName.FlushViewOfFile:
                uint end = (uint)(((ulong)call.Word(0) + call.Word(1) + 0xFFF) >> 12);
                bool isInside = process.Find(call.Word(0) >> 12) is { Section: not null } found && (call.Word(1) == 0 || found.End >= end);
                return isInside ? "TRUE" : "FALSE ERROR_INVALID_ADDRESS";
            default:
                status = SectionRules.Unmap(process, call.Word(0));
                return WindowsCall.NameOf(call) == WindowsCallName.NtUnmapViewOfSection ? status : Boolean(status);
        }
    }

    private string Create(in ScenarioCall call)
    {
        ModelOpenFile? file = FileOf(call[0]);
        if (file is null && call[0] != -1) return "0 ERROR_INVALID_HANDLE";
        uint protection = call.Word(1) & 0xFFF, flags = call.Word(1) & ~0xFFFu;
        if ((flags & (SecFile | SecImage | SecReserve | SecCommit | SecNoCache)) == 0) flags |= SecCommit;
        long before = file?.File.Length ?? 0;
        string status = SectionRules.Make(_sections, file, call[2], protection, flags, out ModelSection? section);
        if (status is not (Success or BadImage)) return $"0 {Error(status)}";
        if (Named(call.FileName) is { } existing)
        {
            if (file is not null) file.File.SetLength(before);    // no section was made after all
            return $"{Open(existing, SectionRules.AccessOf(protection))} ERROR_ALREADY_EXISTS";
        }

        if (status is BadImage) return $"0 {Error(status)}";    // the name is checked before the headers
        section!.Name = call.FileName;
        _sections.Add(section);
        return Open(section, SectionRules.AccessOf(protection));
    }

    private ModelSection? Named(string? name) =>
        name is null ? null : _sections.Find(one => one.Handles > 0 && string.Equals(one.Name, name, StringComparison.Ordinal));

    private string Close(WindowsModelProcess process, long number)
    {
        if (HandleOf(process, number) is not { } handle) return "FALSE ERROR_INVALID_HANDLE";
        if (process == _processes[0]) _handles[(int)number - 1] = null;
        else process.Handles[number] = null;    // its first use there is over
        handle.Section.Handles--;
        return "TRUE";
    }

    private static string Query(ModelHandle? handle)
    {
        if (handle is null) return "STATUS_INVALID_HANDLE";
        if ((handle.Access & 1) == 0) return "STATUS_ACCESS_DENIED";
        (uint Value, string Name)[] flags =
            [
                (SecFile, "SEC_FILE"), (SecImage, "SEC_IMAGE"), (SecReserve, "SEC_RESERVE"), (SecCommit, "SEC_COMMIT"),
                (SecNoCache, "SEC_NOCACHE"),
            ];
        string shown = string.Join('|', flags.Where(one => (handle.Section.Flags & one.Value) != 0).Select(static one => one.Name));
        return $"{Success} size=0x{handle.Section.Length:x} {shown}";
    }

    private ModelOpenFile? FileOf(long argument)
    {
        long number = argument & ~WindowsCall.FileMark;
        bool isFile = argument > 0 && (argument & WindowsCall.FileMark) != 0 && number > 0 && number <= _open.Count;
        return isFile ? _open[(int)number - 1] : null;
    }

    private string ExecuteFile(in ScenarioCall call)
    {
        if (WindowsCall.NameOf(call) == WindowsCallName.Open) return OpenFile(call);
        if (FileOf(call[0]) is not { } file) return "FALSE ERROR_INVALID_HANDLE";
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.ReadFile: return FileRules.Read(file, call[2], call.Word(1));
            case WindowsCallName.WriteFile: return FileRules.Write(file, call[2], call.Word(1), call[3]);
            case WindowsCallName.SetEndOfFile:
                long needed = _sections.Where(one => one.IsAlive && one.File == file.File).Select(static one => one.Length)
                    .DefaultIfEmpty().Max();
                return FileRules.SetLength(file, call[1], needed);
            case WindowsCallName.GetFileSize: return file.File.Length.ToString();
            default:
                _open[(int)(call[0] & ~WindowsCall.FileMark) - 1] = null;
                return "TRUE";
        }
    }

    private string OpenFile(in ScenarioCall call)
    {
        if (!_files.TryGetValue(call.FileName ?? "", out ModelFile? file))
        {
            _files.Add(call.FileName ?? "", file = new());
            file.SetLength(call[0]);
            byte[] image = ScriptImage.IsOne(call[1]) ? ScriptImage.Make(call[1]) : [];
            for (long i = 0; i < call[0]; i++)
                file[i] = image.Length == 0 ? ScriptBytes.At(i, call[1]) : i < image.Length ? image[i] : (byte)0;
        }

        _open.Add(new(file, call.Word(2)));
        return $"f{_open.Count}";
    }

    private string CopyBetween(in ScenarioCall call)
    {
        if ((ulong)call[0] >= (ulong)_processes.Count) return $"there is no process {call[0]}";
        return WindowsCall.NameOf(call) == WindowsCallName.ReadProcessMemory
            ? TouchCalls.ReadForOther(_processes[(int)call[0]], call.Word(1), call.Word(2))
            : TouchCalls.WriteForOther(_processes[(int)call[0]], call.Word(1), call.Word(2), call[3]);
    }
}
