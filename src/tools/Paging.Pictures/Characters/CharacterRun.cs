namespace Paging.Pictures.Characters;

/// <summary>Characters beside each other in one ink.</summary>
/// <param name="Text">The characters, each one column wide.</param>
/// <param name="Ink">The meaning of their colour.</param>
public readonly record struct CharacterRun(string Text, CharacterInk Ink);
