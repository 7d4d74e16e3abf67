using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Tests;

/// <summary>An engine with the test images as its file system. Disposing it audits it first.</summary>
internal sealed class World : IDisposable, IProgramFiles
{
    private readonly Dictionary<string, ProgramImage> _images = new(StringComparer.Ordinal);

    public World(ulong seed = 1) => Engine = new(new EngineOptions { RamBytes = 32 << 20, Seed = seed });

    public PagingEngine Engine { get; }

    /// <summary>Executes programs in it.</summary>
    public ProgramLoader Loader => field ??= new(Engine);

    /// <summary>An image by its name in the folder; the same file every time.</summary>
    public ProgramImage Image(string name) =>
        Find(name, out ProgramImage? image) == Errno.None ? image! : throw new FileNotFoundException(name);

    /// <summary>An image of these bytes.</summary>
    public ProgramImage Image(string name, byte[] bytes) => ProgramImage.Of(FileOf(name, bytes));

    public Errno Find(string path, out ProgramImage? image)
    {
        string name = Path.GetFileName(path) is "ld-linux.so.2" ? "interpreter.so" : Path.GetFileName(path);
        if (_images.TryGetValue(name, out image)) return Errno.None;
        if (!File.Exists(Images.PathOf(name))) return Errno.ENOENT;
        image = Image(name, Images.BytesOf(name));
        _images.Add(name, image);
        return Errno.None;
    }

    /// <summary>A request with this world's files, and no chance in it.</summary>
    public ExecutionRequest Fixed => new() { Files = this, IsRandomized = false };

    public UserProcess Execute(string image, ExecutionRequest request, out ExecutedProgram program)
    {
        UserProcess process = Engine.CreateProcess("test", new ProcessOptions());
        Assert.Equal(Errno.None, Loader.Execute(process, Image(image), request with { Files = this }, out program));
        return process;
    }

    public UserProcess Execute(string image) => Execute(image, Fixed, out _);

    /// <summary>A string of the program's, to its zero.</summary>
    public static string ReadString(UserProcess process, VirtualAddress at)
    {
        List<byte> bytes = [];
        for (; process.Memory.Mmu.Read<byte>(at) is var value && value != 0; at += 1) bytes.Add(value);
        return Encoding.UTF8.GetString([.. bytes]);
    }

    public void Audit() => Engine.Audit().ThrowIfBroken();

    public void Dispose()
    {
        Audit();
        Engine.Dispose();
    }

    private GuestFile FileOf(string name, byte[] bytes)
    {
        GuestFile file = Engine.Files.CreateMemoryFile(name);
        Assert.Equal(Errno.None, file.Write(0, bytes, out int written));
        Assert.Equal(bytes.Length, written);
        return file;
    }
}
