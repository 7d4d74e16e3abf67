using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Programs;

namespace Paging.Cli.Programs;

/// <summary>The arguments that <c>paging exec</c> and <c>paging layout</c> share: a program, and the layout of its memory.</summary>
internal sealed class ProgramOptions
{
    /// <summary>The image.</summary>
    public Argument<string> File { get; } = new("FILE") { Description = "An ELF image for i386, static or dynamic." };

    private readonly Option<AddressLayout> _layout = CommandOption.Layout();

    private readonly Option<ulong> _seed = CommandOption.Parsed(
        "--seed", "N", "Where the random numbers of the layout start [default: 1].", static result => ReadSeed(result));

    private readonly Option<bool> _isFixed = CommandOption.Flag("--no-aslr", "Do not randomise addresses.");

    /// <summary>Gives a command the argument and the options.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(File);
        command.Options.Add(_layout);
        command.Options.Add(_seed);
        command.Options.Add(_isFixed);
    }

    /// <summary>Loads the program with the options' settings. Returns null, and the reason in one line, if that fails.</summary>
    public LoadedProgram? Load(ParseResult result, IReadOnlyList<string> arguments, out string? refusal)
    {
        ExecutionRequest request = new()
        {
            Arguments = arguments,
            Layout = result.Or(_layout, AddressLayout.Flexible),
            IsRandomized = !result.GetValue(_isFixed),
        };
        return LoadedProgram.Load(result.GetRequiredValue(File), result.Or(_seed, 1UL), request, out refusal);
    }

    private static ulong ReadSeed(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (!ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed))
            result.AddError($"--seed is a number of up to 64 bits, not '{text}'");
        return seed;
    }
}
