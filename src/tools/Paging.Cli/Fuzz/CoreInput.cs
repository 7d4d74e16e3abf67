using Paging.Core;
using Paging.Native;
using Paging.Programs.Cores;

namespace Paging.Cli.Fuzz;

/// <summary>A core file as a target, and the place of inputs in its memory.</summary>
/// <param name="Path">The core file.</param>
/// <param name="At">The buffer that gets an input.</param>
/// <param name="LengthAt">The word that gets its length in bytes; null for none.</param>
internal sealed record CoreInput(string Path, VirtualAddress At, VirtualAddress? LengthAt)
{
    /// <summary>Reads the core file. Returns null, with the reason, if it cannot be used.</summary>
    /// <param name="root">The directory in which its mapped files are; null for the host's.</param>
    /// <param name="refusal">The reason.</param>
    public CoreImage? OpenImage(string? root, out string? refusal)
    {
        refusal = null;
        try
        {
            using CoreFile core = CoreFile.Open(Path);
            if (!IsWritable(core, At)) refusal = $"--at {At}: the core file has no writable memory there";
            else if (LengthAt is { } length && !IsWritable(core, length))
                refusal = $"--length-at {LengthAt}: the core file has no writable memory there";
            else return CoreImage.Of(core, name => UserFiles.OpenBelow(root, name));
        }
        catch (Exception failure) when (failure is CoreFormatException or NotSupportedException)
        {
            refusal = $"{Path}: {failure.Message}";
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            refusal = UserFiles.Explain(Path, failure);
        }

        return null;
    }

    private static bool IsWritable(CoreFile core, VirtualAddress at) =>
        core.FindArea(at) is { } area && (area.Protection & MemoryProtection.Write) != 0;

    /// <summary>Writes the present input into the memory of a copy, as far as it is writable.</summary>
    /// <param name="process">The copy.</param>
    /// <param name="path">The file of the input; null for standard input.</param>
    public void Write(UserProcess process, string? path)
    {
        byte[] input = path is null ? StandardInput.ReadAll() : File.ReadAllBytes(path);
        int count = process.Memory.Remote.Write(At, input);
        if (LengthAt is { } at) process.Memory.Remote.Write(at, BitConverter.GetBytes(count));
    }
}
