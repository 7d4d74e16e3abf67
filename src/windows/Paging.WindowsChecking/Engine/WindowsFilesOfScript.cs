using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Windows;
using Paging.WindowsChecking.Dialect;
using static Paging.WindowsChecking.Dialect.WindowsResult;

namespace Paging.WindowsChecking.Engine;

/// <summary>The files of a Windows scenario by name, and those that it has opened by number.</summary>
internal sealed class WindowsFilesOfScript(WindowsMachine machine) : IDisposable
{
    private readonly Dictionary<string, GuestFile> _byName = new(StringComparer.Ordinal);
    private readonly List<WindowsFile?> _open = [];

    /// <summary>The file of an argument; null if it was closed or never was.</summary>
    public WindowsFile? Find(long argument)
    {
        long number = argument & ~WindowsCall.FileMark;
        return (argument & WindowsCall.FileMark) != 0 && argument > 0 && number <= _open.Count && number > 0
            ? _open[(int)number - 1] : null;
    }

    /// <summary>The name of a file of the engine, by its number; null: it is none of them.</summary>
    public string? NameOf(int id) => _byName.FirstOrDefault(pair => pair.Value.Id == id).Key;

    /// <summary>The file of a name.</summary>
    public GuestFile? FindByName(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Copies the files to another machine, with what is open.</summary>
    public WindowsFilesOfScript CopyTo(WindowsMachine other)
    {
        WindowsFilesOfScript copy = new(other);
        foreach ((string name, GuestFile file) in _byName)
        {
            GuestFile made = other.Engine.Files.CreateMemoryFile(name, file.ByteLength);
            byte[] bytes = new byte[file.ByteLength];
            if (file.Read(0, bytes, out _) != Errno.None || (bytes.Length != 0 && made.Write(0, bytes, out _) != Errno.None))
                throw new InvalidOperationException($"The file '{name}' cannot be copied.");
            copy._byName.Add(name, made);
        }

        foreach (WindowsFile? open in _open)
            copy._open.Add(open is null ? null : other.OpenFile(copy._byName[open.File.Name], open.Rights));
        return copy;
    }

    public ScriptResult Execute(in ScenarioCall call)
    {
        WindowsCallName name = WindowsCall.NameOf(call);
        if (name == WindowsCallName.Open) return Open(call);
        if (Find(call[0]) is not { } file) return Boolean(Win32Error.InvalidHandle);
        switch (name)
        {
            case WindowsCallName.ReadFile: return Read(file, call);
            case WindowsCallName.WriteFile: return Write(file, call);
            case WindowsCallName.SetEndOfFile: return Boolean(file.SetEndOfFile(call[1]));
            case WindowsCallName.GetFileSize: return Of(NumberField(file.ByteLength));
            default:
                _open[(int)(call[0] & ~WindowsCall.FileMark) - 1] = null;
                return Boolean(Win32Error.Success);
        }
    }

    public void Dispose()
    {
        foreach (GuestFile file in _byName.Values) file.Dispose();
    }

    private ScriptResult Open(in ScenarioCall call)
    {
        string name = call.FileName ?? "";
        if (!_byName.TryGetValue(name, out GuestFile? file))
        {
            file = machine.Engine.Files.CreateMemoryFile(name);
            _byName.Add(name, file);
            byte[] bytes = new byte[(int)call.Word(0)];
            if (!ScriptImage.IsOne(call[1])) ScriptBytes.Fill(bytes, 0, call[1]);
            else CopyImage(ScriptImage.Make(call[1]), bytes);
            if (bytes.Length != 0) file.Write(0, bytes, out _);
        }

        _open.Add(machine.OpenFile(file, (FileAccessRights)call.Word(2)));
        return Of(new WindowsField(WindowsFieldKind.OpenFile, _open.Count));
    }

    private static void CopyImage(ReadOnlySpan<byte> image, Span<byte> file) => image[..Math.Min(image.Length, file.Length)].CopyTo(file);

    private static ScriptResult Read(WindowsFile file, in ScenarioCall call)
    {
        byte[] bytes = new byte[(int)call.Word(1)];
        Win32Error error = file.ReadFile(call[2], bytes, out int count);
        return error == Win32Error.Success ? Of(NumberField(count), CrcField(ScriptBytes.Crc32(bytes.AsSpan(0, count)))) : Boolean(error);
    }

    private static ScriptResult Write(WindowsFile file, in ScenarioCall call)
    {
        byte[] bytes = new byte[(int)call.Word(1)];
        ScriptBytes.Fill(bytes, 0, call[3]);
        Win32Error error = file.WriteFile(call[2], bytes, out int count);
        return error == Win32Error.Success ? Of(NumberField(count)) : Boolean(error);
    }
}
